/** The texts added last, at most so many. */
export class RecentTexts {
  private readonly texts = new Set<string>();

  constructor(private readonly most: number) {}

  add(text: string): void {
    this.texts.add(text);
    if (this.texts.size > this.most) this.texts.delete(this.texts.values().next().value as string);
  }

  has(text: string): boolean {
    return this.texts.has(text);
  }
}
