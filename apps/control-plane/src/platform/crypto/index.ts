export { type MasterKey, readMasterKey } from './master-key';
export { hashPassword, newFirstPassword, verifyPassword } from './password';
export { hashToken, newToken, type TokenUse, useOfToken } from './random-token';
export { Vault } from './vault';
