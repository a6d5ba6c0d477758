"""All that we say to the Admin API. A test holds each text against the vendor's schema of 2026-07.

A query may cost at most 1,000 points: an object is one, a list or connection `first` times what is in it
(shopify.dev/docs/apps/build/apis/graphql-admin/rate-limits). So an order is asked for with small first pages, and what
is longer is paged on (`client.whole_order`).
"""

LINES = 25  # lines of an order on its first page
PARTS = 3  # fulfilments and refunds that come whole with the order; where there are more, each is asked for
PART_LINES = 8  # lines of each of those
MORE = 75  # lines of any further page
STEPS = 20  # transactions; an order with more is asked again for up to ALL_STEPS of them
ALL_STEPS = 150
ALL = 250  # the most that Shopify gives of a list that has no pages

_MONEY = "shopMoney { amount }"
_ADDRESS = "firstName lastName name company address1 address2 city province provinceCode countryCodeV2 zip phone"
_CUSTOMER = f"""
  id createdAt updatedAt firstName lastName note
  defaultEmailAddress {{ emailAddress }} defaultPhoneNumber {{ phoneNumber }}
  defaultAddress {{ {_ADDRESS} }}
"""
_LINE = f"""
  id name title sku quantity requiresShipping isGiftCard
  originalUnitPriceSet {{ {_MONEY} }}
  discountAllocations {{ allocatedAmountSet {{ {_MONEY} }} }}
  taxLines {{ priceSet {{ {_MONEY} }} }}
"""
_STEP = f"""
  id kind status gateway amountSet {{ {_MONEY} }} parentTransaction {{ id }}
  paymentId authorizationCode receiptJson errorCode createdAt processedAt test
  paymentDetails {{
    ... on CardPaymentDetails {{ company number name paymentMethodName }}
    ... on LocalPaymentMethodsPaymentDetails {{ paymentMethodName }}
    ... on PaypalWalletPaymentDetails {{ paymentMethodName }}
    ... on ShopPayInstallmentsPaymentDetails {{ paymentMethodName }}
  }}
"""
_REFUND_LINES = f"""
  nodes {{ quantity lineItem {{ id }} subtotalSet {{ {_MONEY} }} totalTaxSet {{ {_MONEY} }} }}
  pageInfo {{ hasNextPage endCursor }}
"""
_REFUND = f"""
  id createdAt processedAt note
  refundLineItems(first: $lines) {{ {_REFUND_LINES} }}
  transactions(first: 3) {{ nodes {{ {_STEP} }} }}
"""
_PARCEL_LINES = """
  nodes { quantity lineItem { id } }
  pageInfo { hasNextPage endCursor }
"""
_PARCEL = f"""
  id status displayStatus createdAt updatedAt
  trackingInfo(first: 10) {{ company number url }}
  fulfillmentLineItems(first: $lines) {{ {_PARCEL_LINES} }}
"""

ORDER = f"""query Order($id: ID!, $lines: Int = {PART_LINES}) {{
  order(id: $id) {{
    id name currencyCode createdAt updatedAt processedAt cancelledAt cancelReason closedAt
    email phone note tags sourceName test displayFinancialStatus taxesIncluded dutiesIncluded
    totalPriceSet {{ {_MONEY} }}
    totalDiscountsSet {{ {_MONEY} }}
    totalTaxSet {{ {_MONEY} }}
    totalTipReceivedSet {{ {_MONEY} }}
    originalTotalDutiesSet {{ {_MONEY} }}
    originalTotalAdditionalFeesSet {{ {_MONEY} }}
    customAttributes {{ key value }}
    customer {{ {_CUSTOMER} }}
    shippingAddress {{ {_ADDRESS} }}
    billingAddress {{ {_ADDRESS} }}
    lineItems(first: {LINES}) {{ nodes {{ {_LINE} }} pageInfo {{ hasNextPage endCursor }} }}
    shippingLines(first: 5, includeRemovals: true) {{
      nodes {{
        isRemoved originalPriceSet {{ {_MONEY} }} discountedPriceSet {{ {_MONEY} }}
        taxLines {{ priceSet {{ {_MONEY} }} }}
      }}
    }}
    fulfillments(first: {PARTS}) {{ {_PARCEL} }}
    refunds(first: {PARTS}) {{ {_REFUND} }}
    transactions(first: {STEPS}) {{ {_STEP} }}
  }}
}}"""

ORDER_LINES = f"""query OrderLines($id: ID!, $after: String) {{
  order(id: $id) {{
    lineItems(first: {MORE}, after: $after) {{ nodes {{ {_LINE} }} pageInfo {{ hasNextPage endCursor }} }}
  }}
}}"""
ORDER_STEPS = f"""query OrderTransactions($id: ID!) {{
  order(id: $id) {{ transactions(first: {ALL_STEPS}) {{ {_STEP} }} }}
}}"""
ORDER_PARTS = f"""query OrderParts($id: ID!) {{
  order(id: $id) {{ fulfillments(first: {ALL}) {{ id }} refunds(first: {ALL}) {{ id }} }}
}}"""
PARCEL = f"""query Fulfillment($id: ID!, $lines: Int = {MORE}) {{
  fulfillment(id: $id) {{ {_PARCEL} }}
}}"""
PARCEL_LINES = f"""query FulfillmentLines($id: ID!, $after: String) {{
  fulfillment(id: $id) {{ fulfillmentLineItems(first: {MORE}, after: $after) {{ {_PARCEL_LINES} }} }}
}}"""
REFUND = f"""query Refund($id: ID!, $lines: Int = {MORE}) {{
  refund(id: $id) {{ {_REFUND} }}
}}"""
REFUND_LINES = f"""query RefundLines($id: ID!, $after: String) {{
  refund(id: $id) {{ refundLineItems(first: {MORE}, after: $after) {{ {_REFUND_LINES} }} }}
}}"""
CUSTOMER = f"""query Customer($id: ID!) {{
  customer(id: $id) {{ {_CUSTOMER} }}
}}"""

# Orders one by one after their list: ten whole ones in one query would cost more than it may.
ORDERS = """query Orders($query: String!, $after: String) {
  orders(first: 25, after: $after, query: $query, sortKey: UPDATED_AT) {
    nodes { id updatedAt }
    pageInfo { hasNextPage endCursor }
  }
}"""
CUSTOMERS = f"""query Customers($query: String!, $after: String) {{
  customers(first: 50, after: $after, query: $query, sortKey: UPDATED_AT) {{
    nodes {{ {_CUSTOMER} }}
    pageInfo {{ hasNextPage endCursor }}
  }}
}}"""

OPEN_WORK = """query OpenWork($id: ID!, $after: String) {
  order(id: $id) {
    fulfillmentOrders(first: 10, after: $after) {
      nodes {
        id status assignedLocation { location { id } }
        lineItems(first: 25) {
          nodes { id remainingQuantity lineItem { id } }
          pageInfo { hasNextPage endCursor }
        }
      }
      pageInfo { hasNextPage endCursor }
    }
  }
}"""
OPEN_WORK_LINES = f"""query OpenWorkLines($id: ID!, $after: String) {{
  fulfillmentOrder(id: $id) {{
    lineItems(first: {MORE}, after: $after) {{
      nodes {{ id remainingQuantity lineItem {{ id }} }}
      pageInfo {{ hasNextPage endCursor }}
    }}
  }}
}}"""
INSTALLATION = """query Installation {
  shop { name currencyCode }
  currentAppInstallation { accessScopes { handle } }
}"""

FULFIL = """mutation Fulfil($fulfillment: FulfillmentInput!) {
  fulfillmentCreate(fulfillment: $fulfillment) { fulfillment { id } userErrors { field message } }
}"""
ADD_TAG = """mutation AddTag($id: ID!, $tags: [String!]!) {
  tagsAdd(id: $id, tags: $tags) { userErrors { field message } }
}"""
REMOVE_TAG = """mutation RemoveTag($id: ID!, $tags: [String!]!) {
  tagsRemove(id: $id, tags: $tags) { userErrors { field message } }
}"""
# `refund` is deprecated for `refundMethod`. Money is given back by refund requests of the hub, never by the way.
CANCEL = """mutation Cancel($id: ID!, $reason: OrderCancelReason!, $note: String) {
  orderCancel(
    orderId: $id
    reason: $reason
    staffNote: $note
    restock: true
    notifyCustomer: false
    refundMethod: { originalPaymentMethodsRefund: false }
  ) {
    job { id done }
    orderCancelUserErrors { field message }
  }
}"""
