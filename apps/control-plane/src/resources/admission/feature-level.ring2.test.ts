import { create, createFileRegistry, setExtension } from '@bufbuild/protobuf';
import {
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
  FieldOptionsSchema,
  FileDescriptorSetSchema,
} from '@bufbuild/protobuf/wkt';
import { reflect } from '@bufbuild/protobuf/reflect';
import { ErrorReason, since } from '@ostler/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { execute } from '../../platform/db';
import { type Engine, helloSite, requestId, startEngine } from '../engine.fixture';
import type { Admitted } from './draft';
import { admitFeatureLevels } from './feature-level.admit';

let engine: Engine;

beforeAll(async () => {
  engine = await startEngine();
  await engine.addServer('web-1');
});
afterAll(() => engine.close());

/** A spec of the future whose field `late` came with level 3, placed where a stored site is. */
async function futureDraft(): Promise<Admitted> {
  const options = create(FieldOptionsSchema);
  setExtension(options, since, 3);
  const field = {
    name: 'late',
    number: 1,
    type: Type.STRING,
    label: Label.OPTIONAL,
    jsonName: 'late',
    options,
  };
  const file = {
    name: 'future.proto',
    syntax: 'proto3',
    package: 'future',
    messageType: [{ name: 'Spec', field: [field] }],
  };
  const schema = createFileRegistry(create(FileDescriptorSetSchema, { file: [file] })).getMessage(
    'future.Spec',
  )!;
  const spec = reflect(schema);
  spec.set(schema.fields[0]!, 'used');
  const { results } = await engine.resources.apply({
    requestId: requestId(),
    resources: [helloSite('late')],
  });
  const draft = {
    uid: results[0]!.resource!.meta!.uid,
    path: 'resources[0]',
    spec: spec.message,
    model: { schema, specCase: 'site' },
    engine: { compile: (same: unknown) => same },
  };
  return draft as unknown as Admitted;
}

test('a used field is refused while an agent is too old for it, named with its server', async () => {
  const draft = await futureDraft();
  const admit = () => engine.db.unitOfWork.asTenant([engine.tenantUid], () => admitFeatureLevels([draft]));
  await expect(admit()).rejects.toMatchObject({
    reason: ErrorReason.AGENT_TOO_OLD,
    violations: [{ field: 'resources[0].site.late', message: expect.stringContaining('web-1') }],
  });
  await engine.system(() => execute('update server set feature_level = 3'));
  await admit();
  await engine.system(() => execute('update server set feature_level = 0'));
  await admit();
});
