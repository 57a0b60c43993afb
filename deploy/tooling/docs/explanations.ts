import {
  commentsOf,
  type Comments,
  type FileDescriptor,
  type MessageDescriptor,
  rulesOf,
} from './reference-pages.ts';

// Field numbers of descriptor.proto, of which the paths of comments consist.
const MESSAGE_OF_FILE = 4;
const ENUM_OF_FILE = 5;
const FIELD_OF_MESSAGE = 2;
const NESTED_OF_MESSAGE = 3;
const ENUM_OF_MESSAGE = 4;
const VALUE_OF_ENUM = 2;

/** What `ostler explain` says of messages, fields and values of the kinds, by their full names in the contract. */
export function explanations(files: readonly FileDescriptor[]): Record<string, string> {
  const own = files.filter(({ name }) => /^ostler\/(?!api|link)/.test(name));
  const said = own.flatMap((file) => {
    const comments = commentsOf(file);
    const messages = (file.messageType ?? []).flatMap((message, index) =>
      ofMessage(message, file.package, [MESSAGE_OF_FILE, index], comments),
    );
    return [...messages, ...ofEnums(file.enumType ?? [], file.package, [ENUM_OF_FILE], comments)];
  });
  return Object.fromEntries(said.filter(([, text]) => text !== ''));
}

type Entry = readonly [string, string];

function ofMessage(
  message: MessageDescriptor,
  outer: string,
  path: readonly number[],
  comments: Comments,
): Entry[] {
  if (message.options?.mapEntry) return [];
  const name = `${outer}.${message.name}`;
  const fields = (message.field ?? []).map((field, index): Entry => {
    const said = plain(comments.get([...path, FIELD_OF_MESSAGE, index].join('.')));
    return [`${name}.${field.name}`, [said, ...rulesOf(field)].filter(Boolean).join(' ')];
  });
  const nested = (message.nestedType ?? []).flatMap((one, index) =>
    ofMessage(one, name, [...path, NESTED_OF_MESSAGE, index], comments),
  );
  const enums = ofEnums(message.enumType ?? [], name, [...path, ENUM_OF_MESSAGE], comments);
  return [[name, plain(comments.get(path.join('.')))], ...fields, ...nested, ...enums];
}

function ofEnums(
  enums: NonNullable<FileDescriptor['enumType']>,
  outer: string,
  path: readonly number[],
  comments: Comments,
): Entry[] {
  return enums.flatMap(({ name, value }, index) =>
    value.map((one, at): Entry => {
      const said = comments.get([...path, index, VALUE_OF_ENUM, at].join('.'));
      return [`${outer}.${name}.${one.name}`, plain(said)];
    }),
  );
}

/** Comments come as cells of a Markdown table. */
function plain(comment: string | undefined): string {
  return (comment ?? '').replaceAll('\\|', '|');
}
