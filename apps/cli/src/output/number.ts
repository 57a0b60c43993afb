import { AppError } from '@ostler/kernel';

/** A whole number that was typed. @throws AppError INVALID that names the option. */
export function wholeNumber(option: string, text: string, most = Number.MAX_SAFE_INTEGER): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number <= most) return number;
  throw AppError.invalid(option, 'NOT_A_NUMBER', `"${text}" is no whole number up to ${most}`);
}
