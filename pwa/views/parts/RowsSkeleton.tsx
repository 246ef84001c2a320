/** The shape of a list of people that is on its way. */
export function RowsSkeleton(props: { saying: string }) {
  return (
    <div class="people card" role="status">
      <span class="visually-hidden">{props.saying}</span>
      {[1, 2, 3, 4, 5].map((row) => (
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
