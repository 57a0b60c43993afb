/** What is read of a FileDescriptorSet in its JSON form, as `buf build -o -#format=json` writes it. */
export interface FileJson {
  readonly name: string;
  readonly package: string;
  readonly messageType?: readonly MessageJson[];
  readonly enumType?: readonly EnumJson[];
  readonly service?: readonly ServiceJson[];
  readonly sourceCodeInfo?: {
    readonly location: readonly { readonly path?: readonly number[]; readonly leadingComments?: string }[];
  };
}

export interface MessageJson {
  readonly name: string;
  readonly field?: readonly FieldJson[];
  readonly nestedType?: readonly MessageJson[];
  readonly enumType?: readonly EnumJson[];
  readonly oneofDecl?: readonly { readonly name: string; readonly options?: Options }[];
  readonly options?: Options;
}

export interface FieldJson {
  readonly name: string;
  readonly jsonName: string;
  readonly label: string;
  readonly type: string;
  readonly typeName?: string;
  readonly oneofIndex?: number;
  readonly proto3Optional?: boolean;
  readonly options?: Options;
}

export interface EnumJson {
  readonly name: string;
  readonly value: readonly { readonly name: string }[];
}

interface ServiceJson {
  readonly name: string;
  readonly method: readonly MethodJson[];
}

export interface MethodJson {
  readonly name: string;
  readonly inputType: string;
  readonly outputType: string;
  readonly serverStreaming?: boolean;
  readonly options?: Options;
}

/** Options by name; those of ours and of protovalidate in brackets, like `[buf.validate.field]`. */
export type Options = Readonly<Record<string, unknown>>;

export interface Message {
  /** With the package, like `ostler.site.v1.SiteSpec`. */
  readonly name: string;
  readonly json: MessageJson;
  readonly comment: string;
  /** By the position of the field. */
  readonly fieldComments: readonly string[];
}

export interface Enum {
  readonly name: string;
  readonly json: EnumJson;
  readonly comment: string;
  /** By the position of the value. */
  readonly valueComments: readonly string[];
}

export interface Method {
  readonly service: string;
  readonly json: MethodJson;
  readonly comment: string;
}

export interface Service {
  readonly name: string;
  readonly comment: string;
  readonly methods: readonly Method[];
}

// Field numbers of descriptor.proto, of which the paths of comments consist.
const MESSAGE_OF_FILE = 4;
const ENUM_OF_FILE = 5;
const SERVICE_OF_FILE = 6;
const FIELD_OF_MESSAGE = 2;
const NESTED_OF_MESSAGE = 3;
const ENUM_OF_MESSAGE = 4;
const VALUE_OF_ENUM = 2;
const METHOD_OF_SERVICE = 2;

/** The contract by names, each with its comment. */
export class Contract {
  readonly messages = new Map<string, Message>();
  readonly enums = new Map<string, Enum>();
  readonly services: Service[] = [];

  constructor(files: readonly FileJson[]) {
    for (const file of files) new FileReader(this, file).read();
  }
}

class FileReader {
  private readonly contract: Contract;
  private readonly file: FileJson;
  private readonly comments: ReadonlyMap<string, string>;

  constructor(contract: Contract, file: FileJson) {
    this.contract = contract;
    this.file = file;
    const locations = file.sourceCodeInfo?.location ?? [];
    this.comments = new Map(
      locations.map(({ path = [], leadingComments = '' }) => [path.join('.'), unwrapped(leadingComments)]),
    );
  }

  read(): void {
    const { messageType = [], enumType = [], service = [], package: scope } = this.file;
    for (const [index, one] of messageType.entries()) this.message(one, scope, [MESSAGE_OF_FILE, index]);
    for (const [index, one] of enumType.entries()) this.enum(one, scope, [ENUM_OF_FILE, index]);
    for (const [index, one] of service.entries()) this.service(one, [SERVICE_OF_FILE, index]);
  }

  private message(json: MessageJson, scope: string, path: readonly number[]): void {
    const name = `${scope}.${json.name}`;
    const fieldComments = (json.field ?? []).map((_, index) =>
      this.comment([...path, FIELD_OF_MESSAGE, index]),
    );
    this.contract.messages.set(name, { name, json, comment: this.comment(path), fieldComments });
    const { nestedType = [], enumType = [] } = json;
    for (const [index, one] of nestedType.entries()) {
      this.message(one, name, [...path, NESTED_OF_MESSAGE, index]);
    }
    for (const [index, one] of enumType.entries()) this.enum(one, name, [...path, ENUM_OF_MESSAGE, index]);
  }

  private enum(json: EnumJson, scope: string, path: readonly number[]): void {
    const name = `${scope}.${json.name}`;
    const valueComments = json.value.map((_, index) => this.comment([...path, VALUE_OF_ENUM, index]));
    this.contract.enums.set(name, { name, json, comment: this.comment(path), valueComments });
  }

  private service(json: ServiceJson, path: readonly number[]): void {
    const name = `${this.file.package}.${json.name}`;
    const methods = json.method.map((method, index) => ({
      service: name,
      json: method,
      comment: this.comment([...path, METHOD_OF_SERVICE, index]),
    }));
    this.contract.services.push({ name, comment: this.comment(path), methods });
  }

  private comment(path: readonly number[]): string {
    return this.comments.get(path.join('.')) ?? '';
  }
}

const unwrapped = (comment: string): string => comment.trim().replaceAll(/\s*\n\s*/g, ' ');
