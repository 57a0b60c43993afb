import { create, type DescMessage, type Message } from '@bufbuild/protobuf';
import { RefSchema, type Resource, SecretSchema, WhoAmIResponseSchema } from '@ostler/contracts';
import { createOstler } from '@ostler/sdk';
import { fireEvent, render, waitFor } from '@testing-library/react';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { expect } from 'vitest';
import { createMockTransport } from '../../mock/transport';
import type { World } from '../../mock/world';
import { LiveProvider } from '../api/live';
import { OstlerContext } from '../api/ostler';
import { SessionContext } from '../api/session';
import { ListBody } from '../components/list-body';

type Values = Readonly<Record<string, unknown>>;

/** Secrets and references are edited as one, whatever is inside. */
const whole = new Set<string>([SecretSchema.typeName, RefSchema.typeName]);

/** Every field of a message and of what is in it, as `ostler.site.v1.Tls.force_https`. */
export function allFields(desc: DescMessage, found = new Set<string>()): Set<string> {
  for (const field of desc.fields) {
    const name = `${desc.typeName}.${field.name}`;
    if (found.has(name)) continue;
    found.add(name);
    if (field.message && !whole.has(field.message.typeName)) allFields(field.message, found);
  }
  return found;
}

/** The fields that differ; below a message only when both have it, so that adding it counts as itself alone. */
function touchedFields(desc: DescMessage, before: Message, after: Message): string[] {
  return desc.fields.flatMap((field) => {
    const pick = (message: Message): unknown => {
      const values = message as unknown as Values;
      if (!field.oneof) return values[field.localName];
      const chosen = values[field.oneof.localName] as { case?: string; value?: unknown } | undefined;
      return chosen?.case === field.localName ? chosen.value : undefined;
    };
    const [old, next] = [pick(before), pick(after)];
    if (textOf(old) === textOf(next)) return [];
    const name = `${desc.typeName}.${field.name}`;
    const inner = field.message;
    if (!inner || whole.has(inner.typeName)) return [name];
    const pairs = pairsOf(old, next);
    return [name, ...pairs.flatMap(([one, other]) => touchedFields(inner, one, other))];
  });
}

function pairsOf(old: unknown, next: unknown): [Message, Message][] {
  if (Array.isArray(old) && Array.isArray(next)) {
    return old.slice(0, next.length).map((one, index) => [one as Message, next[index] as Message]);
  }
  return old && next ? [[old as Message, next as Message]] : [];
}

function textOf(value: unknown): string {
  return JSON.stringify(value, (_key, one: unknown) => (typeof one === 'bigint' ? `${one}n` : one)) ?? '';
}

/**
 * Shows the fields of a resource, unfolds everything, then changes one control after the other.
 *
 * @returns the fields of its spec that some control changes.
 */
export async function fieldsOfForm(
  world: World,
  resource: Resource,
  desc: DescMessage,
  form: (change: (next: Resource) => void) => ReactNode,
): Promise<string[]> {
  const touched: string[] = [];
  const before = resource.spec.value!;
  const view = renderLive(
    world,
    form((next) => touched.push(...touchedFields(desc, before, next.spec.value!))),
  );
  await waitFor(() => expect(view.container.querySelector('input')).not.toBeNull());
  const all = <E extends Element>(selector: string): E[] => [...view.container.querySelectorAll<E>(selector)];
  for (const folded of all('button[aria-expanded=false]')) fireEvent.click(folded);
  for (const box of all('input[type=checkbox]')) fireEvent.click(box);
  for (const button of all('button[type=button]:not([aria-expanded])')) fireEvent.click(button);
  for (const field of all<HTMLInputElement>('input:not([type=checkbox]):not([type=file]), textarea')) {
    fireEvent.change(field, { target: { value: field.type === 'number' ? '7' : `${field.value}7` } });
  }
  // Last: a choice may exchange the controls below it.
  for (const select of all<HTMLSelectElement>('select')) {
    const other = [...select.options].findLast(({ value }) => value !== select.value);
    if (other) fireEvent.change(select, { target: { value: other.value } });
  }
  view.unmount();
  return touched;
}

/** Parts of pages, with live data below them. */
export function renderLive(world: World, children: ReactNode) {
  const [person] = world.people.values();
  const ostler = createOstler({ transport: createMockTransport(world, person!) });
  return render(
    <OstlerContext value={ostler}>
      <QueryClientProvider client={new QueryClient()}>
        <LiveProvider visit={1} onSignedOut={() => undefined}>
          <SessionContext value={create(WhoAmIResponseSchema)}>
            <ListBody>{children}</ListBody>
          </SessionContext>
        </LiveProvider>
      </QueryClientProvider>
    </OstlerContext>,
  );
}
