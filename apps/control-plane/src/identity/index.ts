export { type FirstLogin, FirstOwner } from './first-owner.service';
export { perAddress as attemptsPerAddress, perEmail as attemptsPerEmail } from './attempts.service';
export {
  idleSeconds as sessionIdleSeconds,
  longestSeconds as sessionLongestSeconds,
} from './sessions.repository';
export { IdentityModule } from './identity.module';
