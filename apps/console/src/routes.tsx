import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router';
import { parseActivitySearch } from './lib/activity-search';
import { parseListSearch } from './lib/list-search';
import { Root } from './shell/root';
import { NotFound } from './shell/not-found';
import { PageError } from './shell/page-error';

const root = createRootRoute({ component: Root, notFoundComponent: NotFound, errorComponent: PageError });

interface TabSearch {
  readonly tab?: string;
}
const parseTabSearch = ({ tab }: Record<string, unknown>): TabSearch => ({
  tab: typeof tab === 'string' ? tab : undefined,
});

const overview = createRoute({
  getParentRoute: () => root,
  path: '/',
  component: lazyRouteComponent(() => import('./features/overview/overview-page'), 'OverviewPage'),
});
const servers = createRoute({
  getParentRoute: () => root,
  path: '/servers',
  validateSearch: parseListSearch,
  component: lazyRouteComponent(() => import('./features/servers/servers-page'), 'ServersPage'),
});
const server = createRoute({
  getParentRoute: () => root,
  path: '/servers/$name',
  validateSearch: parseTabSearch,
  component: lazyRouteComponent(() => import('./features/servers/server-page'), 'ServerPage'),
});
const agents = createRoute({
  getParentRoute: () => root,
  path: '/agents',
  component: lazyRouteComponent(() => import('./features/agents/agents-page'), 'AgentsPage'),
});
const rollout = createRoute({
  getParentRoute: () => root,
  path: '/agents/$uid',
  component: lazyRouteComponent(() => import('./features/agents/rollout-page'), 'RolloutPage'),
});
const sites = createRoute({
  getParentRoute: () => root,
  path: '/sites',
  validateSearch: parseListSearch,
  component: lazyRouteComponent(() => import('./features/sites/sites-page'), 'SitesPage'),
});
const site = createRoute({
  getParentRoute: () => root,
  path: '/sites/$name',
  validateSearch: parseTabSearch,
  component: lazyRouteComponent(() => import('./features/sites/site-page'), 'SitePage'),
});
const editSite = createRoute({
  getParentRoute: () => root,
  path: '/sites/$name/edit',
  component: lazyRouteComponent(() => import('./features/sites/site-form-page'), 'EditSitePage'),
});
// Not /sites/new: "new" is a name that a site may have.
const newSite = createRoute({
  getParentRoute: () => root,
  path: '/new/site',
  component: lazyRouteComponent(() => import('./features/sites/site-form-page'), 'NewSitePage'),
});
const certificates = createRoute({
  getParentRoute: () => root,
  path: '/certificates',
  validateSearch: parseListSearch,
  component: lazyRouteComponent(
    () => import('./features/certificates/certificates-page'),
    'CertificatesPage',
  ),
});
const certificate = createRoute({
  getParentRoute: () => root,
  path: '/certificates/$name',
  validateSearch: parseTabSearch,
  component: lazyRouteComponent(() => import('./features/certificates/certificate-page'), 'CertificatePage'),
});
const editCertificate = createRoute({
  getParentRoute: () => root,
  path: '/certificates/$name/edit',
  component: lazyRouteComponent(
    () => import('./features/certificates/certificate-form-page'),
    'EditCertificatePage',
  ),
});
const newCertificate = createRoute({
  getParentRoute: () => root,
  path: '/new/certificate',
  component: lazyRouteComponent(
    () => import('./features/certificates/certificate-form-page'),
    'NewCertificatePage',
  ),
});
const operations = createRoute({
  getParentRoute: () => root,
  path: '/operations',
  validateSearch: parseListSearch,
  component: lazyRouteComponent(() => import('./features/operations/operations-page'), 'OperationsPage'),
});
const operation = createRoute({
  getParentRoute: () => root,
  path: '/operations/$uid',
  component: lazyRouteComponent(() => import('./features/operations/operation-page'), 'OperationPage'),
});
const activity = createRoute({
  getParentRoute: () => root,
  path: '/activity',
  validateSearch: parseActivitySearch,
  component: lazyRouteComponent(() => import('./features/activity/activity-page'), 'ActivityPage'),
});
const approve = createRoute({
  getParentRoute: () => root,
  path: '/approve',
  validateSearch: ({ code }: Record<string, unknown>): { readonly code?: string } => ({
    code: typeof code === 'string' && code !== '' ? code : undefined,
  }),
  component: lazyRouteComponent(() => import('./features/sign-in/approve-page'), 'ApprovePage'),
});
const start = createRoute({
  getParentRoute: () => root,
  path: '/start',
  validateSearch: ({ site }: Record<string, unknown>): { readonly site?: string } => ({
    site: typeof site === 'string' && site !== '' ? site : undefined,
  }),
  component: lazyRouteComponent(() => import('./features/overview/first-site-page'), 'FirstSitePage'),
});
const settings = createRoute({
  getParentRoute: () => root,
  path: '/settings',
  validateSearch: parseTabSearch,
  component: lazyRouteComponent(() => import('./features/settings/settings-page'), 'SettingsPage'),
});

export const routeTree = root.addChildren([
  overview,
  servers,
  server,
  agents,
  rollout,
  sites,
  site,
  editSite,
  newSite,
  certificates,
  certificate,
  editCertificate,
  newCertificate,
  operations,
  operation,
  activity,
  approve,
  start,
  settings,
]);

export const router = createRouter({
  routeTree,
  defaultPreload: 'intent',
  scrollRestoration: true,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
