/** An address that leads nowhere. */
export function Unknown({ path }: { path: string }) {
  return (
    <main className="screen">
      <div className="empty">
        <h1>There is nothing here</h1>
        <p>
          No part of this page is called <code>{path}</code>.
        </p>
        <a className="button" href="#/">
          Go to the overview
        </a>
      </div>
    </main>
  );
}
