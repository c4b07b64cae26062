import { FolderStore } from './folder-store.js';
import type { ObjectStore } from './object-store.js';
import { S3Store } from './s3-store.js';

/**
 * The store of a place as people write it: `s3://bucket/prefix`, or the path of a folder. Made ready by `open()`.
 * `endpoint`: of an S3 that is not Amazon's (`S3_ENDPOINT`). Throws a RangeError for another kind of address.
 */
export function openObjectStore(place: string, endpoint?: string): ObjectStore {
  const [, scheme, rest = ''] = /^([a-z][a-z0-9+.-]+):\/\/(.*)$/i.exec(place) ?? [];
  if (scheme === undefined) return new FolderStore(place);
  const [, bucket, prefix = ''] = /^([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/+(.*?))?\/*$/.exec(rest) ?? [];
  if (scheme !== 's3' || bucket === undefined)
    throw new RangeError(`${place} is neither a folder nor s3://bucket/prefix`);
  return new S3Store({ bucket, prefix, endpoint });
}
