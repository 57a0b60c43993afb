import { clone, create, type DescField, type DescMessage } from '@bufbuild/protobuf';
import { type Resource, ResourceSchema, SecretSchema } from '@ostler/contracts';
import { type HostileValue } from '@ostler/test-kit';
import { textsIn } from '../../packages/resource-model/src';
import { goodCertificates, goodSites } from '../../packages/resource-model/src/good-resources.fixture';

// Every text of a good resource of every kind, and what may stand in it. The good resources use every string
// field of every spec; a test compares them with the descriptors.

/** Kinds of text by where they end, as paths in a resource. */
const GROUPS = {
  /** Sent to browsers, or kept sealed: any text is content. */
  free: /(\.body|\.password\.value|privateKeyPem\.value)$/,
  /** Visible characters, quoted by the renderer. */
  headerValue: /eaders\[0\]\.value$/,
  displayName: /displayName$/,
  realm: /realm$/,
  urlPath: /(fallback|paths\[\d\]\.path|healthCheck\.path|redirect\.target)$/,
  escapedUrl: /(healthCheck\.path|redirect\.target)$/,
  word: /(meta\.name|Ref\.name|certificate\.name|placement\.server|\["[a-z]+"\]|username|index(\[0\])?|eaders\[0\]\.name|upstreams\[0\]\.name|proxy\.upstream)$/,
  file: /index(\[0\])?$/,
  address: /(source|maintenance\.allow\[0\])$/,
  domain: /(domains\[\d\]|proxy\.host)$/,
  upstreamHost: /servers\[\d\]\.host$/,
} as const;

type Group = keyof typeof GROUPS;
const content: Group[] = ['free', 'headerValue', 'displayName'];
const text: Group[] = [...content, 'realm'];

/** Where a value is what it says and nothing more. Everywhere else it must be refused. */
const HARMLESS: Readonly<Record<string, readonly Group[]>> = {
  newline: ['free'],
  'carriage return': ['free'],
  NUL: [],
  'double quote': content,
  'single quote': text,
  'trailing backslash': content,
  semicolon: text,
  braces: text,
  variable: content,
  comment: text,
  substitution: content,
  'leading dash': text,
  'long option': text,
  'parent folder': text,
  'way out': text,
  'way out that is escaped': [...text, 'escapedUrl'],
  'link to a process': [...text, 'urlPath'],
  'link to a file': [...text, 'urlPath'],
  'socket of the system': [...text, 'urlPath'],
  'unix socket': text,
  'look-alikes': ['free', 'displayName', 'realm'],
  'full-width dots': ['free', 'displayName', 'realm'],
  'right-to-left mark': ['free'],
  // UTS #46 drops it from names.
  'zero-width': ['free', 'domain', 'upstreamHost'],
  'line separator': ['free'],
  'over-long label': [...text, 'file'],
  'over-long': [],
  'metadata address': [...text, 'word', 'address', 'domain'],
  'metadata address, mapped': [...text, 'address'],
  'metadata address, hexadecimal': [...text, 'word'],
  'metadata address, decimal': [...text, 'word'],
  'metadata name': [...text, 'word', 'domain'],
  'unspecified address': [...text, 'word', 'address', 'domain'],
  script: text,
  credentials: text,
  'foreign host': text,
  'half of a character': [],
};

export interface DrivenField {
  /** In the resource, like `site.domains[0]`. */
  readonly path: string;
  readonly field: DescField;
  readonly index: number;
  readonly good: Resource;
}

/** An upload whose key is to stay as it is stored. */
function kept(): Resource {
  const upload = goodCertificates().find(
    ({ spec }) => spec.case === 'certificate' && spec.value.source.case === 'upload',
  );
  if (upload?.spec.case !== 'certificate' || upload.spec.value.source.case !== 'upload')
    throw new Error('no upload');
  const { value } = upload.spec.value.source;
  value.privateKeyPem = create(SecretSchema, { uid: '019a0000-0000-7000-8000-000000000001' });
  return upload;
}

export const FIELDS: readonly DrivenField[] = [...goodSites(), ...goodCertificates(), kept()].flatMap(
  (good) =>
    [...textsIn(ResourceSchema, good)].map(({ path, field }, index) => ({ path, field, index, good })),
);

/** The fields that must refuse the value. */
export function refusing({ name }: HostileValue): DrivenField[] {
  const groups = HARMLESS[name];
  if (!groups) throw new Error(`say in HARMLESS where "${name}" is harmless`);
  return FIELDS.filter(({ path }) => !groups.some((group) => GROUPS[group].test(path)));
}

/** A good resource with one text replaced. Its name tells it from the others of the call. */
export function driven({ good, index, path }: DrivenField, value: string, number: number): Resource {
  const resource = clone(ResourceSchema, good);
  resource.meta!.name = `driven-${number}`;
  const texts = [...textsIn(ResourceSchema, resource)];
  texts[index]!.replace(value);
  if (texts[index]!.path !== path) throw new Error('a clone has other texts');
  return resource;
}

export function* stringFields(desc: DescMessage, seen = new Set<string>()): Generator<DescField> {
  if (seen.has(desc.typeName)) return;
  seen.add(desc.typeName);
  for (const field of desc.fields) {
    if (field.scalar === 9) yield field;
    if (field.message) yield* stringFields(field.message, seen);
  }
}
