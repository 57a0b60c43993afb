// Stands in for the agent inside of its unit: tries what the agent has to be able to do there, and what no accident
// may do, and writes down how each attempt ended.
const { execFile } = require('node:child_process');
const { existsSync, readFileSync, readlinkSync, writeFileSync } = require('node:fs');
const { connect } = require('node:net');
const { promisify } = require('node:util');

const run = promisify(execFile);
const nginxPid = () => Number(readFileSync('/run/nginx.pid', 'utf8'));
const transientUnit = (...argv) =>
  run('/usr/bin/systemd-run', ['--quiet', '--wait', '--collect', '--pipe', '--', ...argv]);

const attempts = {
  'write nginx configuration': () => writeFileSync('/etc/nginx/conf.d/probe.conf', '# probe\n'),
  'write own state': () => writeFileSync('/var/lib/ostler-agent/probe', 'x', { mode: 0o600 }),
  'test nginx in a transient unit': () => transientUnit('/usr/sbin/nginx', '-t'),
  'write to the system from a transient unit': () => transientUnit('/usr/bin/touch', '/usr/local/probe'),
  'see whose binary a process runs': () => readlinkSync(`/proc/${nginxPid()}/exe`),
  'tell nginx to reload': () => process.kill(nginxPid(), 'SIGHUP'),
  'read under home': () => readFileSync('/root/probe', 'utf8'),
  'connect to port 80': () =>
    new Promise((settle, fail) => connect(80, '127.0.0.1').on('connect', settle).on('error', fail)),
  'listen on a privileged port': () =>
    new Promise((settle, fail) => require('node:net').createServer().on('error', fail).listen(81, settle)),
  'write to /usr': () => writeFileSync('/usr/local/accident', ''),
  'write to /etc': () => writeFileSync('/etc/accident', ''),
  'write under home': () => writeFileSync('/root/accident', ''),
};

async function probe() {
  const outcomes = {};
  for (const [name, attempt] of Object.entries(attempts)) {
    outcomes[name] = await Promise.resolve()
      .then(attempt)
      .then(
        () => 'well',
        (error) => error.code ?? String(error),
      );
  }
  writeFileSync('/var/lib/ostler-agent/outcomes.json', JSON.stringify(outcomes));
}

if (process.argv[2] === 'join')
  writeFileSync('/var/lib/ostler-agent-joined', process.argv.slice(3).join(' '));
else if (!existsSync('/var/lib/ostler-agent/outcomes.json')) void probe();
if (process.argv[2] === 'run') setInterval(() => undefined, 60_000);
