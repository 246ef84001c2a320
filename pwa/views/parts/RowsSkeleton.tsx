/** The shape of a list that is on its way. */
export function RowsSkeleton({ saying, rows = 5 }: { saying: string; rows?: number }) {
  return (
    <div class="people card" role="status">
      <span class="visually-hidden">{saying}</span>
      {Array.from({ length: rows }, (_, row) => (
        <div key={row} class="person skeleton" aria-hidden="true">
          <span class="avatar" />
          <div class="person-words">
            <i />
            <i />
          </div>
        </div>
      ))}
    </div>
  );
}
