// Other people's implementations of payment protocols, asked by the tests: one JSON request a line, one JSON answer a line.
'use strict';
const readline = require('node:readline');
const { PayOS } = require('@payos/node');
const { VNPay, buildPaymentUrlSearchParams, calculateSecureHash, HashAlgorithm, resolveUrlString } = require('vnpay');

const quiet = { error() {}, warn() {}, info() {}, debug() {} };
const payos = ({ key, base }) =>
  new PayOS({
    clientId: 'client-1',
    apiKey: 'api-key-1',
    checksumKey: key,
    baseURL: 'http://payos.invalid',
    maxRetries: 0,
    logger: quiet,
    // The sandbox's payOS lies below an address of its own.
    fetch: (url, options) => fetch(url.replace('http://payos.invalid', base), options),
  });
const vnpay = ({ secret, tmn, host }) =>
  new VNPay({ tmnCode: tmn, secureSecret: secret, vnpayHost: host || 'http://127.0.0.1:9', testMode: true, enableLog: false });
const fields = (query) => Object.fromEntries(new URLSearchParams(query));

const answers = {
  stringify: ({ text }) => JSON.stringify(JSON.parse(text)),
  vnpayVerify: (asked) => vnpay(asked).verifyReturnUrl(fields(asked.query)).isVerified,
  vnpayVerifyIpn: (asked) => vnpay(asked).verifyIpnCall(fields(asked.query)),
  vnpayQuery: ({ fields: sent, secret }) => {
    const query = buildPaymentUrlSearchParams(sent);
    const hash = calculateSecureHash({ secureSecret: secret, data: query.toString(), hashAlgorithm: HashAlgorithm.SHA512, bufferEncode: 'utf-8' });
    query.append('vnp_SecureHash', hash);
    return query.toString();
  },
  payosSign: ({ data, key }) => payos({ key }).crypto.createSignatureFromObj(data, key),
  payosSignCreate: ({ data, key }) => payos({ key }).crypto.createSignatureOfPaymentRequest(data, key),
  payosSignHeader: ({ data, key }) => payos({ key }).crypto.createSignature(key, data),
  payosVerify: ({ body, key }) => payos({ key }).webhooks.verify(JSON.parse(body)).then(() => true, () => false),
  payosCreate: (asked) => payos(asked).paymentRequests.create(asked.data),
  payosGet: (asked) => payos(asked).paymentRequests.get(asked.code),
  payosCancel: (asked) => payos(asked).paymentRequests.cancel(asked.code, 'Khoan thu da dong'),
};

(async () => {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const asked = JSON.parse(line);
    let told;
    try {
      told = { answer: (await answers[asked.what](asked)) ?? null };
    } catch (error) {
      told = { error: `${error.name}: ${error.message}` };
    }
    process.stdout.write(`${JSON.stringify(told)}\n`);
  }
})();
