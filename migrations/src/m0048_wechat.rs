//! WeChat: who is bound to which WeChat user, what they want to be told, what messages say, the messages themselves, and
//! the access token that all processes share. `wechat_reader` keeps how far the event log has been read for it.
super::migration! {"
CREATE TABLE wechat_bindings (
    account_id {uuid} PRIMARY KEY REFERENCES accounts (id),
    openid text NOT NULL,
    openid_index text NOT NULL UNIQUE,
    unionid text,
    bound_at {time} NOT NULL,
    seen_at {time} NOT NULL
);

CREATE TABLE wechat_subscriptions (
    account_id {uuid} NOT NULL REFERENCES accounts (id),
    template_id text NOT NULL,
    remaining integer NOT NULL CHECK (remaining >= 0),
    updated_at {time} NOT NULL,
    PRIMARY KEY (account_id, template_id)
);

CREATE TABLE wechat_templates (
    id {uuid} PRIMARY KEY,
    version integer NOT NULL CHECK (version >= 1),
    region_code bigint NOT NULL,
    event_type text NOT NULL,
    audience text NOT NULL CHECK (audience IN ('requester', 'taker')),
    template_id text NOT NULL,
    page text,
    fields text NOT NULL,
    enabled boolean NOT NULL,
    updated_at {time} NOT NULL,
    CONSTRAINT wechat_templates_place UNIQUE (event_type, audience, region_code)
);

CREATE TABLE wechat_messages (
    id {uuid} PRIMARY KEY,
    region_code bigint NOT NULL,
    account_id {uuid} NOT NULL REFERENCES accounts (id),
    order_id {uuid} NOT NULL,
    event_id bigint NOT NULL,
    event_type text NOT NULL,
    to_state text NOT NULL,
    happened_at {time} NOT NULL,
    audience text NOT NULL,
    template_id text NOT NULL,
    page text,
    fields text NOT NULL,
    state text NOT NULL CHECK (state IN ('pending', 'sent', 'refused', 'failed')),
    attempts integer NOT NULL,
    due_at {time} NOT NULL,
    claim {uuid},
    errcode bigint,
    reason text,
    created_at {time} NOT NULL,
    done_at {time},
    CONSTRAINT wechat_messages_once UNIQUE (event_id, account_id, template_id),
    CONSTRAINT wechat_messages_done CHECK ((state = 'pending') = (done_at IS NULL))
);
CREATE INDEX wechat_messages_due ON wechat_messages (due_at) WHERE state = 'pending';
CREATE INDEX wechat_messages_region ON wechat_messages (region_code, id);
CREATE INDEX wechat_messages_age ON wechat_messages (done_at) WHERE state <> 'pending';

CREATE TABLE wechat_tokens (
    appid text PRIMARY KEY,
    token text,
    expires_at {time} NOT NULL,
    claim_until {time} NOT NULL,
    forced_at {time} NOT NULL,
    forced_count integer NOT NULL
);

CREATE TABLE wechat_reader (
    id smallint PRIMARY KEY CHECK (id = 1),
    xid bigint NOT NULL,
    seq bigint NOT NULL
);
INSERT INTO wechat_reader (id, xid, seq) VALUES (1, -1, 0);
"}
