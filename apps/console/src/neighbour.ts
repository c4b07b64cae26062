/** The cell of a grid that a key leads to from another; undefined where it leads nowhere. */
export function neighbour(from: Element, key: string): HTMLElement | undefined {
  const row = from.closest('[role="gridcell"]')?.parentElement;
  if (!row) return undefined;
  const cells = cellsOf(row);
  const at = cells.indexOf(from as HTMLElement);
  switch (key) {
    case 'ArrowLeft':
      return cells[at - 1];
    case 'ArrowRight':
      return cells[at + 1];
    case 'ArrowUp':
      return cellsOf(row.previousElementSibling)[at];
    case 'ArrowDown':
      return cellsOf(row.nextElementSibling)[at];
    case 'Home':
      return cells[0];
    case 'End':
      return cells.at(-1);
    default:
      return undefined;
  }
}

const cellsOf = (row: Element | null): HTMLElement[] => [
  ...(row?.querySelectorAll<HTMLElement>('[role="gridcell"]') ?? []),
];
