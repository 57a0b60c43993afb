import { type DescFile, type Registry, createRegistry, toBinary } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';

/** The files of a contract as they are served, with everything that they import. */
export class ServedFiles {
  private readonly files = new Map<string, DescFile>();
  private readonly registry: Registry;

  constructor(files: readonly DescFile[]) {
    for (const file of files) this.add(file);
    this.registry = createRegistry(...this.files.values());
  }

  /** By its name, like `ostler/api/v1/resource.proto`. */
  named(name: string): DescFile | undefined {
    return this.files.get(name);
  }

  /** The file in which a service, method, message, field, enum or enum value is. */
  withSymbol(symbol: string): DescFile | undefined {
    const found = this.registry.get(symbol);
    if (found) return found.file;
    const dot = symbol.lastIndexOf('.');
    const [outer, name] = [symbol.slice(0, Math.max(0, dot)), symbol.slice(dot + 1)];
    const around = this.registry.get(outer);
    return around && membersOf(around).includes(name) ? around.file : this.withEnumValue(outer, name);
  }

  withExtension(typeName: string, number: number): DescFile | undefined {
    return this.extensionsOf(typeName).find((extension) => extension.number === number)?.file;
  }

  extensionNumbersOf(typeName: string): number[] | undefined {
    if (this.registry.getMessage(typeName) === undefined) return undefined;
    return this.extensionsOf(typeName).map(({ number }) => number);
  }

  /** The file and all that it imports, each once and what is imported first. */
  withImports(file: DescFile, found = new Set<DescFile>()): Set<DescFile> {
    for (const imported of file.dependencies) this.withImports(imported, found);
    return found.add(file);
  }

  private add(file: DescFile): void {
    const name = nameOf(file);
    if (this.files.has(name)) return;
    this.files.set(name, file);
    for (const imported of file.dependencies) this.add(imported);
  }

  private extensionsOf(typeName: string) {
    const all = [...this.files.values()].flatMap(({ extensions }) => extensions);
    return all.filter(({ extendee }) => extendee.typeName === typeName);
  }

  /** Values of an enum are named beside it, not within it: `pkg.KIND_SITE`. */
  private withEnumValue(scope: string, name: string): DescFile | undefined {
    for (const type of this.registry) {
      if (type.kind !== 'enum' || type.typeName.slice(0, -type.name.length - 1) !== scope) continue;
      if (type.values.some((value) => value.name === name)) return type.file;
    }
    return undefined;
  }
}

/** With the ending that the library leaves out. */
export const nameOf = (file: DescFile): string => `${file.name}.proto`;

export const bytesOf = (file: DescFile): Uint8Array => toBinary(FileDescriptorProtoSchema, file.proto);

function membersOf(desc: NonNullable<ReturnType<Registry['get']>>): string[] {
  if (desc.kind === 'service') return desc.methods.map(({ name }) => name);
  if (desc.kind === 'message') return [...desc.fields, ...desc.oneofs].map(({ name }) => name);
  return [];
}
