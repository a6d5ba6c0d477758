"use strict";

// The API key is typed into the Headers tab and goes out with each request. Nothing here stores it.

const WELCOME = `# Put your API key into the Headers tab below: {"Authorization": "Bearer …"}
# The schema shows once the key has the scope "introspect".

query LatestOrders {
  orders(first: 5) {
    nodes {
      id
      number
      stage
      paymentState
      total { amount currencyCode }
      sources { connection kind agrees }
    }
  }
}
`;

async function* events(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      text += value;
      for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
        const event = Object.fromEntries(
          text.slice(0, end).split("\n").map((line) => line.split(/: ?(.*)/s).slice(0, 2))
        );
        text = text.slice(end + 2);
        if (event.event === "complete") return;
        if (event.event === "next") yield JSON.parse(event.data);
      }
    }
  } finally {
    reader.cancel();
  }
}

function isSubscription(params, options) {
  const operations = (options?.documentAST?.definitions ?? []).filter((each) => each.kind === "OperationDefinition");
  const named = operations.find((each) => each.name?.value === params.operationName);
  return (named ?? operations[0])?.operation === "subscription";
}

async function ask(url, params, options, accept) {
  return fetch(url, {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: accept, ...(options?.headers ?? {}) },
    body: JSON.stringify(params),
  });
}

async function* follow(params, options) {
  yield* events(await ask("/graphql/stream", params, options, "text/event-stream, application/json"));
}

async function fetcher(params, options) {
  if (isSubscription(params, options)) return follow(params, options);
  return (await ask("/graphql", params, options, "application/json")).json();
}

ReactDOM.createRoot(document.getElementById("graphiql")).render(
  React.createElement(GraphiQL, {
    fetcher,
    defaultQuery: WELCOME,
    defaultHeaders: '{"Authorization": "Bearer "}',
    defaultEditorToolsVisibility: "headers",
    shouldPersistHeaders: false,
    plugins: [GraphiQLPluginExplorer.explorerPlugin()],
  })
);
