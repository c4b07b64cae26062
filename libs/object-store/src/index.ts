export { FolderStore } from './folder-store.js';
export { ObjectStore, type ObjectFacts, type StagedObject, type WorkFolder } from './object-store.js';
export { openObjectStore } from './open-object-store.js';
export { S3Store, type S3Place } from './s3-store.js';
