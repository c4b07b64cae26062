/** What a page of these origins may send and read. `*`: any page, which then may send no credentials but a key. */
export const corsOptions = (origins: readonly string[]) => ({
  origin: origins.includes('*') ? '*' : [...origins],
  methods: ['GET', 'POST'],
  allowedHeaders: ['authorization', 'content-type', 'idempotency-key'],
  exposedHeaders: ['retry-after'],
  maxAge: 600,
});
