import { join } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { validatorsSource } from './validators.ts';

const agent = join(import.meta.dirname, '../agent');

/** The agent as one ES2020 module that imports only `native`. Same sources, same text. */
export async function bundleAgent(version: string): Promise<string> {
  const result = await build({
    entryPoints: [join(agent, 'main.ts')],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2020',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    external: ['native'],
    minify: true,
    legalComments: 'none',
    plugins: [generatedModules(version)],
  });
  const [output] = result.outputFiles;
  if (output === undefined) throw new Error('esbuild gave no output for guest-agent/agent/main.ts');
  // Lines and columns of the bundle would tell nobody anything.
  return `"use strip";${output.text}`;
}

/** The modules that have no file: `ubugi:validators`, `ubugi:build`. */
function generatedModules(version: string): Plugin {
  return {
    name: 'ubugi',
    setup(build) {
      build.onResolve({ filter: /^ubugi:formats$/ }, () => ({
        path: join(agent, 'configuration/formats.ts'),
      }));
      build.onResolve({ filter: /^ubugi:(validators|build)$/ }, ({ path }) => ({ path, namespace: 'ubugi' }));
      build.onLoad({ filter: /.*/, namespace: 'ubugi' }, ({ path }) => ({
        contents:
          path === 'ubugi:build' ? `export const version = ${JSON.stringify(version)};` : validatorsSource(),
        loader: 'js',
        resolveDir: agent,
      }));
    },
  };
}
