/** What the page shows, as data: views are pure functions that answer with it, and `draw` makes the page equal to it. */
export interface Tree {
  tag: string;
  /** Names one of several siblings, so that it stays the same element wherever it moves. */
  key?: string;
  attributes: Record<string, string>;
  children: (Tree | string)[];
}

type Attribute = string | number | boolean | undefined;
export type Child = Tree | string | false | undefined | Child[];

/** An element. An attribute that is `true` is there without a value, one that is `false` or `undefined` is not there. */
export function h(tag: string, attributes: Record<string, Attribute> = {}, ...children: Child[]): Tree {
  const { key, ...others } = attributes;
  const tree: Tree = { tag, attributes: {}, children: present(children) };
  if (key !== undefined) tree.key = String(key);
  for (const [name, value] of Object.entries(others)) {
    if (value !== undefined && value !== false) tree.attributes[name] = value === true ? '' : String(value);
  }
  return tree;
}

/** All the text in it, as a reader meets it. */
export function textOf(tree: Tree | string): string {
  return typeof tree === 'string' ? tree : tree.children.map(textOf).join(' ').replace(/\s+/g, ' ').trim();
}

function present(children: Child[]): (Tree | string)[] {
  return children.flatMap((child) => {
    if (Array.isArray(child)) return present(child);
    return child === undefined || child === false || child === '' ? [] : [child];
  });
}
