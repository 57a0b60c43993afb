export { type FirstLogin, FirstOwner } from './first-owner.service';
export { IdentityModule } from './identity.module';
