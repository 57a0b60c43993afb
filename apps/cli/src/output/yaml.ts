// Loaded only where YAML is printed: it brings the rules of every kind along.
export { toSpecFile } from '@ostler/resource-model';
export { stringify } from 'yaml';
