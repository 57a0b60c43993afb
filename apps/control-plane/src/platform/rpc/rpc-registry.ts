import type { DescMethod, DescMethodUnary, DescService, Message, MessageShape } from '@bufbuild/protobuf';
import type { ServiceImpl } from '@connectrpc/connect';
import { Injectable } from '@nestjs/common';
import type { Violation } from '@ostler/kernel';

import { rulesOf } from './method-rules';

export interface RegisteredService {
  readonly service: DescService;
  readonly implementation: object;
  readonly ownUnit: ReadonlySet<string>;
}

export interface ServiceOptions<S extends DescService> {
  /**
   * Methods that wait for something and must not hold a transaction meanwhile. They open their own units:
   * a mutation by `mutationUnit` (idempotent, audited), a read by `unitOfWork.asTenant`.
   */
  readonly ownUnit?: readonly (keyof S['method'] & string)[];
}

/** What is wrong with a request beside the contract's rules, found without anything but the request. Never throws. */
export type RequestCheck = (request: Message) => readonly Violation[];

/** Where rooms register what they serve; the chain in front of it is the only way in. */
@Injectable()
export class RpcRegistry {
  private readonly registered = new Map<DescService, Registration>();
  private readonly checks = new Map<DescMethod, RequestCheck>();

  /**
   * Registers the whole of a service, or a part of it: rooms of one service add up.
   *
   * @throws when a method names no permission or is registered twice.
   */
  service<S extends DescService>(
    service: S,
    implementation: Partial<ServiceImpl<S>>,
    options: ServiceOptions<S> = {},
  ): void {
    const whole = this.registered.get(service) ?? { service, implementation: {}, ownUnit: new Set() };
    for (const method of service.methods) take(whole, method, implementation);
    for (const name of options.ownUnit ?? []) whole.ownUnit.add(name);
    this.registered.set(service, whole);
  }

  /**
   * Names what the method's handler would refuse by itself, so that a request that breaks rules of the contract
   * too is told of all of them at once.
   */
  alsoRefuse<M extends DescMethodUnary>(
    method: M,
    check: (request: MessageShape<M['input']>) => readonly Violation[],
  ): void {
    this.checks.set(method, check as RequestCheck);
  }

  checkOf(method: DescMethod): RequestCheck | undefined {
    return this.checks.get(method);
  }

  /** @throws when a method of a registered service is not implemented. */
  get services(): readonly RegisteredService[] {
    const whole = [...this.registered.values()];
    for (const { service, implementation } of whole) {
      const missing = service.methods.find(({ localName }) => !(localName in implementation));
      if (missing) throw new Error(`${service.typeName}/${missing.name} is not implemented`);
    }
    return whole;
  }
}

interface Registration extends RegisteredService {
  readonly implementation: Record<string, unknown>;
  readonly ownUnit: Set<string>;
}

function take(whole: Registration, method: DescMethod, implementation: object): void {
  const handler: unknown = Reflect.get(implementation, method.localName);
  if (typeof handler !== 'function') return;
  const name = `${whole.service.typeName}/${method.name}`;
  // Reads the options, and throws when there is no permission.
  rulesOf(method);
  if (method.localName in whole.implementation) throw new Error(`${name} is registered twice`);
  whole.implementation[method.localName] = handler.bind(implementation) as unknown;
}
