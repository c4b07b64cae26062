import type { Tree } from './tree.js';

const SVG = 'http://www.w3.org/2000/svg';

/**
 * Makes the children of an element equal to the wanted ones with as few changes as possible: what is there stays the
 * same element, so focus, scroll position, open details and half-typed text survive a refresh.
 */
export function draw(parent: Element, wanted: readonly (Tree | string)[]): void {
  const focused = document.activeElement;
  fill(parent, wanted);
  // An element that moved has lost its focus on the way.
  if (focused instanceof HTMLElement && focused.isConnected && focused !== document.activeElement) {
    focused.focus({ preventScroll: true });
  }
}

function fill(parent: Element, wanted: readonly (Tree | string)[]): void {
  const spare = [...parent.childNodes];
  const nodes = wanted.map((child) => {
    const index = spare.findIndex((node) => isSame(node, child));
    return index < 0 ? create(child, parent) : (spare.splice(index, 1)[0] as ChildNode);
  });
  for (const node of spare) node.remove();
  nodes.forEach((node, index) => {
    const there = parent.childNodes[index];
    if (there !== node) parent.insertBefore(node, there ?? null);
    const child = wanted[index] as Tree | string;
    if (typeof child === 'string') {
      if (node.nodeValue !== child) node.nodeValue = child;
    } else {
      dress(node as Element, child);
      fill(node as Element, child.children);
    }
  });
}

function isSame(node: ChildNode, child: Tree | string): boolean {
  if (typeof child === 'string') return node.nodeType === Node.TEXT_NODE;
  return (
    node instanceof Element && node.localName === child.tag && node.getAttribute('data-key') === (child.key ?? null)
  );
}

function create(child: Tree | string, parent: Element): ChildNode {
  if (typeof child === 'string') return document.createTextNode(child);
  const inSvg = child.tag === 'svg' || parent.namespaceURI === SVG;
  const element = inSvg ? document.createElementNS(SVG, child.tag) : document.createElement(child.tag);
  if (child.key !== undefined) element.setAttribute('data-key', child.key);
  if (child.tag === 'details' && 'open' in child.attributes) element.setAttribute('open', '');
  return element;
}

function dress(element: Element, { attributes }: Tree): void {
  for (const name of element.getAttributeNames()) {
    // Whether details are open is the reader's choice once they are there.
    if (name === 'data-key' || name === 'open' || name in attributes) continue;
    element.removeAttribute(name);
    if (name === 'checked') (element as HTMLInputElement).checked = false;
  }
  for (const [name, value] of Object.entries(attributes)) {
    if (name === 'open' || element.getAttribute(name) === value) continue;
    element.setAttribute(name, value);
    // The attribute is only what a control starts with; its property is what it shows.
    if (name === 'checked') (element as HTMLInputElement).checked = true;
    if (name === 'selected') (element as HTMLOptionElement).selected = true;
    if (name === 'value' && element instanceof HTMLInputElement) element.value = value;
  }
}
