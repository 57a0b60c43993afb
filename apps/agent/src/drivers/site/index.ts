export { SiteDriver, type SiteDriverParts } from './driver';
export { DEFAULT_SITE_POLICY, type SitePolicy } from './policy';
