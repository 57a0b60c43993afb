export { checkResource, type CheckedResource, normaliseResource, withoutOutput } from './check-resource';
export { domainCovers, normaliseDomain, normaliseHostName } from './domains/domain';
export type { KindModel } from './kind-model';
export {
  kindModels,
  kindNamed,
  kindTitle,
  modelOf,
  modelOfCase,
  resourceTitle,
  type SpecCase,
  type SpecValue,
} from './kinds';
export { canonicalBytes, hashMessage } from './message/canonical';
export { diffMessages } from './message/diff';
export { identityOf } from './message/list-identity';
export { type PlacedSecret, secretsIn } from './message/secrets';
export {
  featureLevel,
  messagesIn,
  refuseUnknownFields,
  textsIn,
  type Text,
  type Visited,
} from './message/walk';
export { demand, joinPath, Problems, type Verdict } from './problems';
export { enumNames, enumNumber, shortEnumName } from './spec-file/enum-names';
export { nearest } from './spec-file/nearest';
export { parseSpecFile, type ParsedSpecFile, type SpecFileViolation } from './spec-file/parse';
export { specToYaml, toSpecFile } from './spec-file/write';
export { accessSource, cidr } from './text/cidr';
export { forbiddenAddress, hostHeader, upstreamHost } from './text/hosts';
export { formatIp, type IpAddress, isWithin, parseIp } from './text/ip-address';
export { fastCgiSocket, locationPath, releasePath, requestTarget, serverFolder } from './text/paths';
export { acmeDirectory, redirectTarget } from './text/urls';
