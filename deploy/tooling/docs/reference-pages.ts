import { anchorOf } from '../docs-site/headings.ts';

/** What is used of a FileDescriptorProto in its JSON form. */
export interface FileDescriptor {
  readonly name: string;
  readonly package: string;
  readonly messageType?: readonly MessageDescriptor[];
  readonly enumType?: readonly EnumDescriptor[];
  readonly service?: readonly ServiceDescriptor[];
  readonly sourceCodeInfo?: { readonly location: readonly Location[] };
}

export interface MessageDescriptor {
  readonly name: string;
  readonly field?: readonly FieldDescriptor[];
  readonly nestedType?: readonly MessageDescriptor[];
  readonly enumType?: readonly EnumDescriptor[];
  readonly options?: { readonly mapEntry?: boolean };
}

export interface FieldDescriptor {
  readonly name: string;
  readonly jsonName: string;
  readonly label: string;
  readonly type: string;
  readonly typeName?: string;
  readonly options?: Record<string, unknown>;
}

interface EnumDescriptor {
  readonly name: string;
  readonly value: readonly { readonly name: string }[];
}

interface ServiceDescriptor {
  readonly name: string;
  readonly method: readonly {
    readonly name: string;
    readonly inputType: string;
    readonly outputType: string;
    readonly serverStreaming?: boolean;
    readonly options?: { readonly '[ostler.meta.v1.permission]'?: string };
  }[];
}

interface Location {
  readonly path?: readonly number[];
  readonly leadingComments?: string;
}

export interface Page {
  readonly name: string;
  readonly text: string;
}

// Field numbers of descriptor.proto, of which the paths of comments consist.
const MESSAGE_OF_FILE = 4;
const SERVICE_OF_FILE = 6;
const FIELD_OF_MESSAGE = 2;
const NESTED_OF_MESSAGE = 3;
const METHOD_OF_SERVICE = 2;

const written = '<!-- Written by `pnpm docs:reference` from proto/. -->';

/** Where a type has its section, by its full name with a dot before it. */
type Places = ReadonlyMap<string, { readonly page: string; readonly anchor: string }>;

function placesOf(files: readonly FileDescriptor[]): Places {
  const within = (message: MessageDescriptor, outer: string): string[] => {
    const name = `${outer}${message.name}`;
    const enums = (message.enumType ?? []).map((one) => `${name}.${one.name}`);
    return [name, ...enums, ...(message.nestedType ?? []).flatMap((one) => within(one, `${name}.`))];
  };
  const headingsOf = (file: FileDescriptor): string[] => [
    ...(file.messageType ?? []).flatMap((message) => within(message, '')),
    ...(file.enumType ?? []).map(({ name }) => name),
  ];
  return new Map(
    files.flatMap((file) =>
      headingsOf(file).map((heading) => [
        `.${file.package}.${heading}`,
        { page: pageName(file), anchor: anchorOf(heading) },
      ]),
    ),
  );
}

/** Types are written as links to their full names; here those become links to their sections. */
function leadToTypes({ name, text }: Page, places: Places): Page {
  const led = text.replaceAll(/\[(`[\w.]+`)\]\(type:([\w.]+)\)/g, (_whole, shown: string, type: string) => {
    const place = places.get(type);
    if (!place) return shown;
    return `[${shown}](${place.page === name ? '' : place.page}#${place.anchor})`;
  });
  return { name, text: led };
}

/** A page per kind and one per API file. */
export function referencePages(files: readonly FileDescriptor[]): Page[] {
  const own = files.filter(({ name }) => name.startsWith('ostler/'));
  const kinds = own.filter(({ name }) => /^ostler\/(site|certificate)\//.test(name));
  const api = own.filter(({ name }) => name.startsWith('ostler/api/'));
  const common = own.filter(({ name }) => name === 'ostler/meta/v1/meta.proto');
  const places = placesOf([...kinds, ...common, ...api]);
  const pages = [
    ...kinds.map((file) =>
      page(file, `${titleOf(file)} reference`, 'Every field of the spec and of the status.'),
    ),
    ...common.map((file) =>
      page(file, 'Common fields', 'What all kinds have: identity, placement, conditions, errors.'),
    ),
    ...api.map((file) =>
      page(file, `API: ${titleOf(file)}`, `Package \`${file.package}\`, file \`proto/${file.name}\`.`),
    ),
  ];
  return pages.map((one) => leadToTypes(one, places));
}

function pageName(file: FileDescriptor): string {
  const prefix = file.name.startsWith('ostler/api/') ? 'api-' : '';
  return `${prefix}${titleOf(file).toLowerCase()}.md`;
}

function titleOf(file: FileDescriptor): string {
  const base = file.name.split('/').at(-1)!.replace('.proto', '');
  return base[0]!.toUpperCase() + base.slice(1);
}

function page(file: FileDescriptor, title: string, intro: string): Page {
  const comments = commentsOf(file);
  const services = (file.service ?? []).flatMap((service, index) =>
    serviceSection(service, [SERVICE_OF_FILE, index], comments),
  );
  const messages = (file.messageType ?? []).flatMap((message, index) =>
    messageSections(message, [MESSAGE_OF_FILE, index], comments, ''),
  );
  const enums = (file.enumType ?? []).map((one) => enumSection(one, ''));
  const parts = [`# ${title}`, written, intro, ...services, ...messages, ...enums];
  return { name: pageName(file), text: `${parts.join('\n\n')}\n` };
}

export type Comments = ReadonlyMap<string, string>;

export function commentsOf({ sourceCodeInfo }: FileDescriptor): Comments {
  const entries = (sourceCodeInfo?.location ?? []).map(
    ({ path = [], leadingComments = '' }) => [path.join('.'), leadingComments] as const,
  );
  return new Map(
    entries.map(([path, text]) => [
      path,
      text
        .trim()
        .replaceAll(/\s*\n\s*/g, ' ')
        .replaceAll('|', '\\|'),
    ]),
  );
}

function serviceSection(service: ServiceDescriptor, path: readonly number[], comments: Comments): string[] {
  const rows = service.method.map((method, index) => {
    const permission = (method.options?.['[ostler.meta.v1.permission]'] ?? '')
      .replace('PERMISSION_', '')
      .toLowerCase();
    const said = comments.get([...path, METHOD_OF_SERVICE, index].join('.')) ?? '';
    const answer = `${method.serverStreaming ? 'stream of ' : ''}${link(method.outputType)}`;
    return `| \`${method.name}\` | ${link(method.inputType)} | ${answer} | ${permission} | ${said} |`;
  });
  const table = [
    '| method | takes | gives | permission | what it does |',
    '|---|---|---|---|---|',
    ...rows,
  ].join('\n');
  return [`## ${service.name}`, comments.get(path.join('.')) ?? '', table].filter((text) => text !== '');
}

function messageSections(
  message: MessageDescriptor,
  path: readonly number[],
  comments: Comments,
  outer: string,
): string[] {
  if (message.options?.mapEntry) return [];
  const name = outer === '' ? message.name : `${outer}.${message.name}`;
  const rows = (message.field ?? []).map((field, index) => {
    const said = comments.get([...path, FIELD_OF_MESSAGE, index].join('.')) ?? '';
    return `| \`${field.jsonName}\` | ${typeOf(field)} | ${[said, ...rulesOf(field)].filter(Boolean).join(' ')} |`;
  });
  const table = ['| field | type | meaning |', '|---|---|---|', ...rows].join('\n');
  const nested = (message.nestedType ?? []).flatMap((one, index) =>
    messageSections(one, [...path, NESTED_OF_MESSAGE, index], comments, name),
  );
  const enums = (message.enumType ?? []).map((one) => enumSection(one, name));
  const said = comments.get(path.join('.')) ?? '';
  return [`## ${name}`, said, rows.length > 0 ? table : 'No fields.', ...enums, ...nested].filter(
    (text) => text !== '',
  );
}

/** Values as spec files write them: short and lower case. */
function enumSection(one: EnumDescriptor, outer: string): string {
  const prefix = one.name.replaceAll(/(?<=[a-z0-9])(?=[A-Z])/g, '_').toUpperCase();
  const values = one.value
    .map(({ name }) => name.replace(`${prefix}_`, '').toLowerCase())
    .filter((name) => name !== 'unspecified')
    .map((name) => `\`${name}\``);
  return `## ${outer === '' ? one.name : `${outer}.${one.name}`}\n\nOne of ${values.join(', ')}.`;
}

const scalars: Readonly<Record<string, string>> = {
  TYPE_STRING: 'text',
  TYPE_BOOL: 'yes or no',
  TYPE_BYTES: 'bytes',
  TYPE_UINT32: 'number',
  TYPE_UINT64: 'number',
  TYPE_INT32: 'number',
  TYPE_INT64: 'number',
};

function typeOf(field: FieldDescriptor): string {
  const isMap = /\.\w+Entry$/.test(field.typeName ?? '');
  if (isMap) return 'map of text to text';
  const one = scalars[field.type] ?? link(field.typeName ?? '');
  return field.label === 'LABEL_REPEATED' ? `list of ${one}` : one;
}

function link(typeName: string): string {
  if (typeName === '.google.protobuf.Timestamp') return 'time (RFC 3339)';
  const shown = typeName.split('.').filter((part) => /^[A-Z]/.test(part));
  return `[\`${shown.join('.')}\`](type:${typeName})`;
}

interface Limits {
  readonly maxLen?: string;
  readonly maxBytes?: string;
  readonly minItems?: string;
  readonly maxItems?: string;
  readonly gte?: string | number;
  readonly lte?: string | number;
}

/** What is read of a field's rules (buf.validate). */
interface Rules {
  readonly required?: boolean;
  readonly string?: Limits;
  readonly repeated?: Limits;
  readonly uint32?: Limits;
  readonly uint64?: Limits;
}

/** The rules that a reader can act on, in words. */
export function rulesOf(field: FieldDescriptor): string[] {
  const options = field.options ?? {};
  const rules = (options['[buf.validate.field]'] ?? {}) as Rules;
  const text = rules.string ?? {};
  const list = rules.repeated ?? {};
  const number = rules.uint32 ?? rules.uint64 ?? {};
  const said = [
    rules.required === true && 'Required.',
    text.maxLen !== undefined && `At most ${text.maxLen} characters.`,
    text.maxBytes !== undefined && `At most ${text.maxBytes} bytes.`,
    list.minItems !== undefined && `At least ${list.minItems}.`,
    list.maxItems !== undefined && `At most ${list.maxItems} of them.`,
    number.gte !== undefined && `At least ${number.gte}.`,
    number.lte !== undefined && `At most ${number.lte}.`,
    options['[ostler.meta.v1.outputOnly]'] === true && 'Set by Ostler alone.',
    options['[ostler.meta.v1.output_only]'] === true && 'Set by Ostler alone.',
    options['[ostler.meta.v1.secret]'] === true && 'Write-only.',
  ];
  return said.filter((rule) => rule !== false);
}
