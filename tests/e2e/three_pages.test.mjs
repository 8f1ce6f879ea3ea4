// Three people in a room see and hear the other two, and not themselves.

import { scene } from './support/scene.mjs';

const people = [
  { name: 'ada', tone: 440, color: [192, 0, 0] },
  { name: 'bob', tone: 660, color: [0, 144, 0] },
  { name: 'eve', tone: 880, color: [0, 0, 192] },
];

scene('three pages decode each other, in the right colour and with the right tone', async (scene) => {
  await scene.startDaemon();
  const browser = await scene.launchBrowser();
  const calls = [];
  for (const person of people) calls.push(await scene.join(browser, person));

  for (const [index, call] of calls.entries()) {
    const others = people.filter((_, other) => other !== index);
    for (const { name, color } of others) await call.expectToSee(name, color);
    await call.expectToHear(
      others.map(({ tone }) => tone),
      [people[index].tone],
    );
  }
});

scene('who is muted is not heard, and is marked for the others', async (scene) => {
  await scene.startDaemon();
  const browser = await scene.launchBrowser();
  const [ada, bob] = [await scene.join(browser, people[0]), await scene.join(browser, people[1])];
  await bob.expectToHear([440]);

  await ada.page.getByTestId('mic').click();
  await bob.tile('ada').getByTestId('tile-muted').waitFor({ state: 'visible', timeout: 3000 });
  await bob.expectToHear([], [440]);

  await ada.page.getByTestId('mic').click();
  await bob.expectToHear([440]);
});
