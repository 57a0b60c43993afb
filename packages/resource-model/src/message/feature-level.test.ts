import {
  create, createFileRegistry, type DescMessage, setExtension,
} from '@bufbuild/protobuf'; // prettier-ignore
import {
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
  FieldOptionsSchema,
  FileDescriptorSetSchema,
} from '@bufbuild/protobuf/wkt';
import { reflect } from '@bufbuild/protobuf/reflect';
import { since } from '@ostler/contracts';
import { expect, test } from 'vitest';

import { featureLevel } from './walk';

/** A kind of the future: its field `late` came with level 3. */
function futureSpec(): DescMessage {
  const options = create(FieldOptionsSchema);
  setExtension(options, since, 3);
  const field = (name: string, number: number, level?: typeof options) => ({
    name,
    number,
    type: Type.STRING,
    label: Label.OPTIONAL,
    jsonName: name,
    options: level,
  });
  const set = create(FileDescriptorSetSchema, {
    file: [
      {
        name: 'future.proto',
        syntax: 'proto3',
        package: 'future',
        messageType: [{ name: 'Spec', field: [field('early', 1), field('late', 2, options)] }],
      },
    ],
  });
  return createFileRegistry(set).getMessage('future.Spec')!;
}

test('only a field that is used counts', () => {
  const desc = futureSpec();
  const level = (values: Record<string, string>) => {
    const message = reflect(desc);
    for (const [name, value] of Object.entries(values))
      message.set(
        desc.fields.find((field) => field.name === name)!,
        value,
      );
    return featureLevel(desc, message.message);
  };
  expect(level({ early: 'x' })).toEqual({ level: 1, path: '' });
  expect(level({ early: 'x', late: 'y' })).toEqual({ level: 3, path: 'late' });
  expect(level({ late: '' })).toEqual({ level: 1, path: '' });
});
