import { fetchTransport, ostlerOver, streamsOver } from '@ostler/sdk';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { HubContext } from './api/hub/hub-context';
import { openHub } from './api/hub/open-hub';
import { OstlerContext } from './api/ostler';
import { ToastProvider } from './components/toast';
import { keepShell } from './lib/keep-shell';
import { followSystemTheme } from './lib/theme';
import { router } from './routes';
import './styles.css';

const hub = openHub();
const ostler = ostlerOver(streamsOver(hub, fetchTransport(location.origin)));
const queries = new QueryClient({
  defaultOptions: { queries: { retry: false, refetchOnWindowFocus: false, staleTime: 5000 } },
});

followSystemTheme();
keepShell();

const element = document.getElementById('root');
if (!element) throw new Error('index.html has no #root.');
createRoot(element).render(
  <StrictMode>
    <OstlerContext value={ostler}>
      <HubContext value={hub}>
        <QueryClientProvider client={queries}>
          <ToastProvider>
            <RouterProvider router={router} />
          </ToastProvider>
        </QueryClientProvider>
      </HubContext>
    </OstlerContext>
  </StrictMode>,
);
