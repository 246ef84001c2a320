/** Where a MongoDB is. Apart from the rest, so that whoever reads settings does not load the driver. */
export interface MongoAddress {
  readonly uri: string;
  /** Name of the database. */
  readonly database: string;
  /** Whether a single server without a replica set will do: nobody takes over when its disk breaks. */
  readonly allowStandalone: boolean;
}
