import { describe, expect, it } from '@jest/globals';
import { FolderStore } from './folder-store.js';
import { openObjectStore } from './open-object-store.js';
import { S3Store } from './s3-store.js';

describe('openObjectStore()', () => {
  it.each([
    { place: 's3://models', bucket: 'models', prefix: '' },
    { place: 's3://models/', bucket: 'models', prefix: '' },
    { place: 's3://my.models-1/shop/eu/', bucket: 'my.models-1', prefix: 'shop/eu' },
  ])('reads $place', ({ place, bucket, prefix }) => {
    expect(openObjectStore(place)).toMatchObject({ place: { bucket, prefix } });
    expect(openObjectStore(place)).toBeInstanceOf(S3Store);
  });

  it.each(['artifacts', './artifacts', '/var/lib/artifacts', 'a:b'])('takes %j for a folder', (place) => {
    expect(openObjectStore(place)).toBeInstanceOf(FolderStore);
  });

  it.each(['s3://', 's3:///prefix', 's3://A_B', 'gs://models', 'https://models'])('refuses %j', (place) => {
    expect(() => openObjectStore(place)).toThrow(RangeError);
  });
});
