import { create } from '@bufbuild/protobuf';
import {
  WantedDocumentSchema,
  WantedModelSchema,
  type WantedDocument,
  type WantedModel,
} from '@vinaigrette/contracts/registry';
import { tensorOf, type Signature, type Tensor } from '@vinaigrette/signature';
import type { Answered, Model } from './small-model-server.js';
import type { SmallRegistry, Wanted } from './small-registry.js';

export const basketSignature: Signature = {
  inputs: [{ name: 'items', datatype: 'BYTES', shape: [-1, -1] }],
  outputs: [
    { name: 'skus', datatype: 'BYTES', shape: [-1, 3] },
    { name: 'confidence', datatype: 'FP32', shape: [-1, 3] },
    { name: 'rule', datatype: 'INT64', shape: [-1, 3] },
    { name: 'because', datatype: 'BYTES', shape: [-1, 3, 3] },
  ],
  logged: [
    { tensor: 'items', first: 1_000 },
    { tensor: 'skus', first: 10 },
    { tensor: 'confidence', first: 10 },
  ],
};

export const quoteSignature: Signature = {
  inputs: [
    { name: 'age', datatype: 'FP32', shape: [-1, 1] },
    { name: 'smoker', datatype: 'BYTES', shape: [-1] },
    { name: 'history', datatype: 'INT64', shape: [-1, -1] },
  ],
  outputs: [
    { name: 'charges', datatype: 'FP32', shape: [-1, 1] },
    { name: 'class', datatype: 'BYTES', shape: [-1] },
  ],
  logged: [{ tensor: 'age' }, { tensor: 'smoker' }, { tensor: 'history', first: 5 }, { tensor: 'charges' }],
};

/** Who has milk buys sugar (0.8), bread (0.5) and butter (0.25); nobody else is known. Row by row, as a batch. */
export const basketModel: (...asked: Parameters<Model>) => Answered = ({ items }) => {
  const [rows = 0, width = 0] = items?.shape ?? [];
  const outputs = { skus: [] as string[], confidence: [] as number[], rule: [] as number[], because: [] as string[] };
  for (let row = 0; row < rows; row++) {
    const basket = (items as Tensor).data.slice(row * width, (row + 1) * width) as string[];
    const knows = basket.includes('milk');
    outputs.skus.push(...(knows ? ['sugar', 'bread', 'butter'] : ['', '', '']));
    outputs.confidence.push(...(knows ? [0.8, 0.5, 0.25] : [0, 0, 0]));
    outputs.rule.push(...(knows ? [7, 8, 9] : [-1, -1, -1]));
    for (let slot = 0; slot < 3; slot++) outputs.because.push(knows ? 'milk' : '', '', '');
  }
  return {
    version: 1,
    outputs: {
      skus: tensorOf('BYTES', [rows, 3], outputs.skus),
      confidence: tensorOf('FP32', [rows, 3], outputs.confidence),
      rule: tensorOf('INT64', [rows, 3], outputs.rule),
      because: tensorOf('BYTES', [rows, 3, 3], outputs.because),
    },
  };
};

/** Charges 100 a year of age, -1 for smokers; every row is "ok". */
export const quoteModel: (...asked: Parameters<Model>) => Answered = ({ age, smoker }) => {
  const charges = Array.from(age?.data as Float32Array, (years, row) =>
    smoker?.data[row] === 'yes' ? -1 : years * 100,
  );
  return {
    version: 4,
    outputs: {
      charges: tensorOf('FP32', [charges.length, 1], charges),
      class: tensorOf(
        'BYTES',
        [charges.length],
        charges.map(() => 'ok'),
      ),
    },
  };
};

export const bestSellers = {
  skus: ['milk', 'tea', 'eggs', 'rum'].map((sku, at) => ({ sku, baskets: 400 - 100 * at })),
};

export const recommendations = { kind: 'recommendation', model: 'basket', ruleSet: 'shop', budgetMs: 1_000 };
export const quote = {
  kind: 'prediction',
  model: 'insurance',
  ruleSet: 'quotes',
  budgetMs: 1_000,
  inputs: { history: { default: [1, 2] } },
};
export const shopRules = {
  rules: [
    { id: 'no-rum', action: 'hide', skus: ['rum'] },
    { id: 'sure', action: 'minimum-score', score: 0.3 },
    { id: 'short-checkout', action: 'cap', items: 1, when: { moments: ['checkout'] } },
  ],
};
export const quoteRules = { rules: [{ id: 'floor', action: 'clamp', output: 'charges', min: 0 }] };

export function document(kind: string, name: string, body: unknown, version = 1): WantedDocument {
  const bodyJson = typeof body === 'string' ? body : JSON.stringify(body);
  return create(WantedDocumentSchema, {
    kind,
    name,
    aliases: { champion: version },
    versions: [{ kind, name, version, bodyJson }],
  });
}

export function model(name: string, signature: unknown, version: number, bestSellersSha256?: string): WantedModel {
  const files = bestSellersSha256 ? [{ path: 'best-sellers.json', sha256: bestSellersSha256 }] : [];
  return create(WantedModelSchema, {
    name,
    aliases: { champion: version },
    versions: [{ model: name, version, files, signatureJson: JSON.stringify(signature) }],
  });
}

/** The whole shop, as its registry wants it. */
export function wantedShop(registry: SmallRegistry): Wanted {
  const sha256 = registry.keep(Buffer.from(JSON.stringify(bestSellers)));
  return {
    models: [model('basket', basketSignature, 1, sha256), model('insurance', quoteSignature, 4)],
    documents: [
      document('use-case', 'recommendations', recommendations),
      document('use-case', 'quote', quote),
      document('use-case', 'sure-quote', { ...quote, fallback: { outputs: { charges: -500, class: 'unknown' } } }),
      document('rule-set', 'shop', shopRules),
      document('rule-set', 'quotes', quoteRules),
    ],
  };
}
