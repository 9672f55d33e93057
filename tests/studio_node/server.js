// A studio's server: ProviderService with one game, settled by the gateway.
'use strict';

const path = require('path');
const grpc = require('@grpc/grpc-js');
const loader = require('@grpc/proto-loader');
const { Refusal, toFailure, toStatus } = require('./errors');
const { CURRENCIES, GAME, WIN_MULTIPLIER_MAX, play, stakesOf } = require('./game');
const { Memory } = require('./memory');

const ID = /^[A-Za-z0-9._:-]{1,64}$/;
const MANIFEST = {
  adapterId: 'studio_node',
  providerId: 'studio_node',
  displayName: 'Sample Studio (Node)',
  adapterVersion: '0.1.0',
  contractVersion: '1.0',
  capabilities: ['SPIN', 'SPIN_STREAM', 'ROUND_LOOKUP', 'CANCEL', 'LAUNCH', 'DEMO'].map((name) => `CAPABILITY_${name}`),
  settlementMode: 'SETTLEMENT_MODE_GATEWAY_DRIVEN',
  currencyCodes: CURRENCIES,
  winMultiplierMax: WIN_MULTIPLIER_MAX,
};

function requireId(text, field) {
  if (!ID.test(text)) throw new Refusal('INVALID_CALL', `${field} is not an id`, { field });
}

function requireGame(gameId) {
  if (gameId !== GAME.gameId) throw new Refusal('GAME_NOT_FOUND', 'no such game', { field: 'game_id' });
}

function requireSound(request) {
  const { session, stake } = request;
  if (!session || !stake) throw new Refusal('INVALID_CALL', 'session and stake are required', { field: 'session' });
  requireId(request.roundId, 'round_id');
  requireId(session.playerId, 'session.player_id');
  requireGame(request.gameId);
  if (!CURRENCIES.includes(stake.currencyCode) || stake.currencyCode !== session.currencyCode) {
    throw new Refusal('INVALID_CALL', 'currency not offered', { field: 'stake.currency_code' });
  }
  if (!stakesOf(stake.currencyCode).includes(BigInt(stake.micros))) {
    throw new Refusal('INVALID_CALL', 'stake not on offer', { field: 'stake.micros' });
  }
  const strange = { step: request.step, betMode: request.betMode, lineCount: request.lineCount };
  for (const [field, value] of Object.entries(strange)) {
    if (value) throw new Refusal('INVALID_CALL', `${field} is not offered`, { field });
  }
  if (request.gameVersion && request.gameVersion !== GAME.gameVersion) {
    throw new Refusal('INVALID_CALL', 'no such version', { field: 'game_version' });
  }
}

function outcomeOf(round) {
  return {
    roundId: round.roundId,
    step: 0,
    win: { currencyCode: round.currencyCode, micros: round.winMicros },
    roundComplete: true,
    presentation: Buffer.from(JSON.stringify({ number: round.number })),
    gameVersion: GAME.gameVersion,
    providerRoundId: `node-${round.roundId}`.slice(0, 64),
  };
}

function methods(memory, secret) {
  return {
    Describe: () => ({ manifest: MANIFEST }),
    Probe: () => ({ readiness: 'READINESS_READY' }),
    ListGames: (request) => {
      if (request.pageToken || request.pageSize < 0) {
        throw new Refusal('INVALID_CALL', 'there is one page only', { field: 'page_token' });
      }
      return { games: [GAME] };
    },
    Spin: (request, deadlineMs) => {
      requireSound(request);
      const { stake, session } = request;
      const fingerprint = [session.brandId, session.playerId, request.gameId, stake.currencyCode, stake.micros].join('|');
      const known = memory.rounds.get(request.roundId);
      if (known) {
        if (known.fingerprint !== fingerprint) throw new Refusal('ROUND_CONFLICT', 'the round has other content');
        return { outcome: outcomeOf(known) };
      }
      if (memory.cancelled.has(request.roundId)) {
        throw new Refusal('PROVIDER_REFUSED', 'the round was cancelled', { provider_code: 'CANCELLED' });
      }
      if (deadlineMs <= Date.now()) throw new Refusal('DEADLINE_PASSED', 'no time left');
      const { number, winMicros } = play(secret, request.roundId, BigInt(stake.micros));
      const round = { roundId: request.roundId, fingerprint, number };
      Object.assign(round, { currencyCode: stake.currencyCode, winMicros: String(winMicros) });
      memory.keep(round);
      return { outcome: outcomeOf(round) };
    },
    GetRound: (request) => {
      requireId(request.roundId, 'round_id');
      const round = memory.rounds.get(request.roundId);
      return round
        ? { status: 'ROUND_STATUS_COMPLETED', outcome: outcomeOf(round) }
        : { status: 'ROUND_STATUS_NOT_FOUND' };
    },
    CancelRound: (request) => {
      requireId(request.roundId, 'round_id');
      if (memory.rounds.has(request.roundId)) {
        throw new Refusal('ROUND_ALREADY_COMPLETED', 'the round has its outcome');
      }
      if (!memory.cancelled.has(request.roundId)) memory.keep({ roundId: request.roundId, cancelled: true });
      return {};
    },
    GetLaunchUrl: (request) => {
      requireGame(request.gameId);
      const query = new URLSearchParams({ game: request.gameId, token: request.session?.token ?? '' });
      return { launchUrl: `https://games.example/launch?${query}` };
    },
  };
}

// Every method of the service: what is not above is not supported; what is thrown becomes a typed status.
function implementation(service, own) {
  const entries = Object.keys(service).map((name) => [name, (call, callback) => {
    try {
      if (!own[name]) throw new Refusal('CAPABILITY_NOT_SUPPORTED', `${name} is not declared`);
      callback(null, own[name](call.request, Number(call.getDeadline())));
    } catch (error) {
      if (!(error instanceof Refusal)) console.error(error);
      callback(toStatus(error));
    }
  }]);
  return Object.fromEntries(entries);
}

// Plays the steps of an open call as they come. `open` holds the calls that a stop must end.
function spinStream(spin, open) {
  return (call) => {
    open.add(call);
    const close = () => open.delete(call) && call.end();
    call.on('data', ({ callId, timeoutMs, spin: request }) => {
      try {
        if (!request) throw new Refusal('INVALID_CALL', 'spin is missing', { field: 'spin' });
        if (timeoutMs <= 0) throw new Refusal('INVALID_CALL', 'timeout_ms must be positive', { field: 'timeout_ms' });
        call.write({ callId, ...spin(request, Date.now() + timeoutMs) });
      } catch (error) {
        if (!(error instanceof Refusal)) console.error(error);
        call.write({ callId, failure: toFailure(error) });
      }
    });
    for (const event of ['end', 'error', 'cancelled']) call.on(event, close);
  };
}

function main() {
  const option = (name, fallback) => {
    const place = process.argv.indexOf(`--${name}`);
    return place < 0 ? fallback : process.argv[place + 1];
  };
  const definition = loader.loadSync('reelgate/provider/v1/provider_service.proto', {
    includeDirs: [option('protos', path.join(__dirname, '../../protos'))],
    longs: String,
    enums: String,
    defaults: true,
  });
  const { service } = grpc.loadPackageDefinition(definition).reelgate.provider.v1.ProviderService;
  const memory = new Memory(option('data', 'rounds.log'));
  const server = new grpc.Server();
  const own = methods(memory, option('secret', 'sample'));
  const open = new Set();
  server.addService(service, { ...implementation(service, own), SpinStream: spinStream(own.Spin, open) });
  server.bindAsync(option('listen', '127.0.0.1:7070'), grpc.ServerCredentials.createInsecure(), (error, port) => {
    if (error) throw error;
    console.log(`studio listens on ${port}`);
  });
  process.on('SIGTERM', () => {
    for (const call of open) call.end();
    server.tryShutdown(() => process.exit(0));
  });
}

main();
