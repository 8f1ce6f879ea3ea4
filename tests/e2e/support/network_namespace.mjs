// A network namespace like a machine of its own: an address on an interface that is up, and a default route. Its traffic
// goes nowhere else.

import { spawn, spawnSync } from 'node:child_process';

const ADDRESS = '10.79.0.1';
const GATEWAY = '10.79.0.254'; // nobody has it; browsers look at the route only

export class NetworkNamespace {
  constructor() {
    this.name = `tutti-e2e-${process.pid}`;
    ip('netns', 'add', this.name);
    try {
      ip('-n', this.name, 'link', 'set', 'lo', 'up');
      ip('-n', this.name, 'link', 'add', 'eth0', 'type', 'veth', 'peer', 'name', 'far0');
      ip('-n', this.name, 'address', 'add', `${ADDRESS}/24`, 'dev', 'eth0');
      ip('-n', this.name, 'link', 'set', 'far0', 'up');
      ip('-n', this.name, 'link', 'set', 'eth0', 'up');
      ip('-n', this.name, 'route', 'add', 'default', 'via', GATEWAY, 'dev', 'eth0');
    } catch (error) {
      this.remove();
      throw error;
    }
  }

  /**
   * Runs a command inside, its output passed on.
   * @param {string[]} command
   * @param {NodeJS.ProcessEnv} env
   * @returns {Promise<number | null>} exit status
   */
  run(command, env) {
    const child = spawn('ip', ['netns', 'exec', this.name, ...command], { stdio: 'inherit', env });
    return new Promise((resolve, reject) => {
      child.on('exit', resolve);
      child.on('error', reject);
    });
  }

  remove() {
    spawnSync('ip', ['netns', 'delete', this.name]);
  }
}

/** @param {string[]} args */
function ip(...args) {
  const { status, stderr, error } = spawnSync('ip', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`ip ${args.join(' ')}: ${error?.message ?? stderr}`);
}
