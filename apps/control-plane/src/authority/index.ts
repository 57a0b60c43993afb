export { AuthorityModule } from './authority.module';
export { AuthorityRotation, type AuthorityStatus } from './authority-rotation';
export {
  AGENT_LISTENER_NAME,
  AuthorityService,
  type IssuedCertificate,
  type ListenerIdentity,
} from './authority.service';
export { serverUri } from './certificate-profiles';
export { ListenerKeys } from './listener-keys';
