import type { DescMethod, DescService } from '@bufbuild/protobuf';
import {
  AgentUpdateService,
  AuditService,
  FleetService,
  IdentityService,
  LimitService,
  LiveService,
  OperationService,
  ReleaseService,
  ResourceService,
} from '@ostler/contracts';

/** Every service that operators and scripts call. */
export const services: readonly DescService[] = [
  ResourceService,
  FleetService,
  OperationService,
  AgentUpdateService,
  ReleaseService,
  IdentityService,
  AuditService,
  LiveService,
  LimitService,
];

/** As the method is called: `ResourceService/Apply`. */
export function methodName(method: DescMethod): string {
  return `${method.parent.name}/${method.name}`;
}

/** The method of a name, with or without its package, in any case. */
export function methodNamed(name: string): DescMethod | undefined {
  const wanted = name.toLowerCase().replace(/^ostler\.api\.v1\./, '');
  return allMethods().find((method) => methodName(method).toLowerCase() === wanted);
}

export function allMethods(): DescMethod[] {
  return services.flatMap(({ methods }) => methods);
}
