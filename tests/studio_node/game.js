// The mathematics of the game: whole micros as BigInt, no clock, no chance of its own.
'use strict';

const crypto = require('crypto');

const STAKES = [100000n, 200000n, 500000n, 1000000n, 5000000n];
const STAKES_JPY = [10000000n, 50000000n];
const CURRENCIES = ['EUR', 'USD', 'JPY'];
// Of 1000 equally likely numbers: from this one on, the round pays so many stakes.
const PAYS = [[990, 25n], [950, 5n], [800, 2n], [550, 1n], [0, 0n]];
const WIN_MULTIPLIER_MAX = 25;

const GAME = {
  gameId: 'node-dip',
  displayName: 'Node Dip',
  studio: 'Sample Studio',
  gameType: 'slot',
  gameVersion: '1',
  rtpPpm: 1000 * (10 * 25 + 40 * 5 + 150 * 2 + 250 - 40),
  hitFrequencyPpm: 450000,
  volatility: 'low',
  winMultiplierMax: WIN_MULTIPLIER_MAX,
  stakesMicros: STAKES.map(String),
  stakesByCurrency: { JPY: { stakesMicros: STAKES_JPY.map(String) } },
  demo: true,
};

function stakesOf(currencyCode) {
  return currencyCode === 'JPY' ? STAKES_JPY : STAKES;
}

function play(secret, roundId, stakeMicros) {
  const digest = crypto.createHmac('sha256', secret).update(roundId).digest();
  const number = Number(digest.readBigUInt64BE(0) % 1000n);
  const [, stakes] = PAYS.find(([from]) => number >= from);
  return { number, winMicros: stakeMicros * stakes };
}

module.exports = { CURRENCIES, GAME, WIN_MULTIPLIER_MAX, play, stakesOf };
