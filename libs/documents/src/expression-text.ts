import { z } from 'zod';

/** Longest text of one expression, in characters. */
const EXPRESSION_LENGTH_MAX = 1_000;

/** An expression in CEL; its syntax, types and cost are checked with the document it stands in. */
export const expressionText = z.string().min(1).max(EXPRESSION_LENGTH_MAX);
