import { createContext, use } from 'react';
import { type FieldErrors, noFieldErrors } from '../../lib/field-errors';

export const FieldErrorsContext = createContext<FieldErrors>(noFieldErrors);

/** What is wrong with the field at a path of the spec, in words. */
export function useFieldError(path: string): string | undefined {
  return use(FieldErrorsContext).get(path);
}

export function useFieldErrors(): FieldErrors {
  return use(FieldErrorsContext);
}
