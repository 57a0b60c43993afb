/** What is read of docs/reference/openapi.json, which is written from the contract. */
export interface ApiDocument {
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  readonly paths: Readonly<Record<string, { readonly post: ApiMethod }>>;
  readonly components: { readonly schemas: Readonly<Record<string, ApiSchema>> };
}

export interface ApiMethod {
  readonly operationId: string;
  readonly tags: readonly [string];
  readonly description: string;
  readonly requestBody: { readonly content: Content };
  readonly responses: { readonly 200: { readonly content: Content } };
  readonly 'x-permission': string;
  readonly 'x-mutation': boolean;
}

export type Content = Readonly<
  Record<string, { readonly schema: { readonly $ref: string }; readonly example?: object }>
>;

export interface ApiSchema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly format?: string;
  readonly contentEncoding?: string;
  readonly description?: string;
  readonly enum?: readonly (string | number)[];
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly uniqueItems?: boolean;
  readonly minProperties?: number;
  readonly maxProperties?: number;
  readonly items?: ApiSchema;
  readonly additionalProperties?: ApiSchema | boolean;
  readonly properties?: Readonly<Record<string, ApiSchema>>;
  readonly required?: readonly string[];
  readonly readOnly?: boolean;
  readonly writeOnly?: boolean;
  readonly oneOf?: readonly ApiSchema[];
  readonly allOf?: readonly ApiSchema[];
  readonly not?: ApiSchema;
}

export const nameOfRef = (ref: string): string => ref.split('/').at(-1) ?? '';
