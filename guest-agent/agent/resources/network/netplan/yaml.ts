/** What a document is made of. Keys stand in it as they are: those that come from outside go through {@link yamlKey}. */
export interface YamlMapping {
  readonly [key: string]: YamlNode;
}

type YamlScalar = string | number | boolean;
type YamlNode = YamlScalar | YamlMapping | readonly (YamlScalar | YamlMapping)[];

/** A key in quotes: no version of YAML takes it for anything but text. */
export function yamlKey(text: string): string {
  return JSON.stringify(text);
}

/** Lines of a mapping in block style. Scalars are written as JSON has them, which is YAML too; lists must not be empty. */
export function yamlLines(mapping: YamlMapping): readonly string[] {
  return Object.entries(mapping).flatMap(([key, node]) => {
    if (isList(node)) return [`${key}:`, ...node.flatMap(listItem)];
    if (typeof node === 'object') return [`${key}:`, ...yamlLines(node).map((line) => `  ${line}`)];
    return [`${key}: ${JSON.stringify(node)}`];
  });
}

function listItem(item: YamlScalar | YamlMapping): readonly string[] {
  const lines = typeof item === 'object' ? yamlLines(item) : [JSON.stringify(item)];
  return lines.map((line, at) => `  ${at === 0 ? '- ' : '  '}${line}`);
}

function isList(node: YamlNode): node is readonly (YamlScalar | YamlMapping)[] {
  return Array.isArray(node);
}
