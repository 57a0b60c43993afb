import type { DescMethod, DescService } from '@bufbuild/protobuf';
import type { ServiceImpl } from '@connectrpc/connect';
import { Injectable } from '@nestjs/common';

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

/** Where rooms register what they serve; the chain in front of it is the only way in. */
@Injectable()
export class RpcRegistry {
  private readonly registered: RegisteredService[] = [];

  /** @throws when a method names no permission or is not implemented. */
  service<S extends DescService>(
    service: S,
    implementation: ServiceImpl<S>,
    options: ServiceOptions<S> = {},
  ): void {
    for (const method of service.methods) this.check(service, method, implementation);
    this.registered.push({ service, implementation, ownUnit: new Set(options.ownUnit) });
  }

  get services(): readonly RegisteredService[] {
    return this.registered;
  }

  private check(service: DescService, method: DescMethod, implementation: object): void {
    const name = `${service.typeName}/${method.name}`;
    // Reads the options, and throws when there is no permission.
    rulesOf(method);
    if (typeof Reflect.get(implementation, method.localName) !== 'function')
      throw new Error(`${name} is not implemented`);
    if (this.registered.some((other) => other.service === service))
      throw new Error(`${name} is registered twice`);
  }
}
