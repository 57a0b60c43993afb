import { fileURLToPath } from 'node:url';
import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';
import { serviceWorker } from './service-worker/service-worker-plugin';

/**
 * In development the services are answered by the mock, in this process. It is loaded by the development
 * server alone, so no build can carry it.
 */
function mockServices(): Plugin {
  return {
    name: 'ostler-mock-services',
    apply: 'serve',
    async configureServer(server) {
      const { createMockHandler } = await server.ssrLoadModule('/mock/handler.ts');
      const { fullScene } = await server.ssrLoadModule('/mock/scenes/index.ts');
      const world = fullScene();
      const handle = createMockHandler(world);
      const { takeMockSockets } = await server.ssrLoadModule('/mock/socket.ts');
      if (server.httpServer) takeMockSockets(server.httpServer, world);
      server.middlewares.use((request, response, next) => handle(request, response, next));
    },
  };
}

const root = fileURLToPath(new URL('.', import.meta.url));

export default defineConfig({
  root,
  plugins: [react(), tailwindcss(), mockServices(), serviceWorker(root)],
  build: {
    target: 'es2023',
    // Fonts and icons stay files: the content security policy allows no data: URLs.
    assetsInlineLimit: 0,
    sourcemap: false,
    reportCompressedSize: false,
  },
});
