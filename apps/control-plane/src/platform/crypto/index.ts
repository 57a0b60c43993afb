export { hashPassword, newFirstPassword, verifyPassword } from './password';
export { hashToken, newToken, type TokenUse, useOfToken } from './random-token';
export { Vault } from './vault';
