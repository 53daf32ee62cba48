BEGIN TRANSACTION;
CREATE TABLE addresses (
	path TEXT NOT NULL, 
	article_id TEXT NOT NULL, 
	CONSTRAINT pk_addresses PRIMARY KEY (path), 
	CONSTRAINT fk_addresses_article_id FOREIGN KEY(article_id) REFERENCES articles (id)
);
INSERT INTO "addresses" VALUES('/2026/03/14/wheat-exports-rise','full');
INSERT INTO "addresses" VALUES('/2026/03/14/wheat','full');
INSERT INTO "addresses" VALUES('/1987/03/11/old','old');
INSERT INTO "addresses" VALUES('/2030/01/01/late','late');
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0005');
CREATE TABLE articles (
	id TEXT NOT NULL, 
	guid TEXT NOT NULL, 
	revision INTEGER NOT NULL, 
	status TEXT NOT NULL, 
	title TEXT NOT NULL, 
	slug TEXT NOT NULL, 
	day DATE, 
	summary TEXT, 
	content_html TEXT NOT NULL, 
	content_format TEXT, 
	content_source TEXT, 
	authors JSON NOT NULL, 
	section TEXT, 
	tags JSON NOT NULL, 
	language TEXT NOT NULL, 
	published DATETIME, 
	listed DATETIME NOT NULL, 
	updated DATETIME NOT NULL, 
	created DATETIME NOT NULL, 
	modified DATETIME NOT NULL, 
	modified_by TEXT NOT NULL, 
	canonical_url TEXT, 
	image TEXT, 
	enclosures JSON NOT NULL, was_public BOOLEAN DEFAULT 0 NOT NULL, 
	CONSTRAINT pk_articles PRIMARY KEY (id), 
	CONSTRAINT uq_articles_guid UNIQUE (guid)
);
INSERT INTO "articles" VALUES('full','urn:example:wheat',2,'published','Wheat exports rise','wheat','2026-03-14','More wheat.','<h1>Wheat</h1>
<p>More of it.</p>','markdown','# Wheat

More of it.','[{"name":"Jane Doe","uri":"https://example.org/jane","email":"jane@example.org"},{"name":"José","uri":null,"email":null}]','Grain','["corn"]','en-GB','2026-03-14 12:00:00.000000','2026-03-14 12:00:00.000000','2026-03-14 12:00:00.000000','2026-03-14 12:00:00.000000','2026-03-14 12:00:00.000000','bob','https://example.org/wheat','https://example.org/wheat.png','[{"url":"https://example.org/a.mp3","type":"audio/mpeg","length":1099511627776,"title":"Listen"}]',1);
INSERT INTO "articles" VALUES('old','tag:news.example.org,2026-03-14:old',2,'withdrawn','Old','old','1987-03-11',NULL,'<p>Grain.</p>','text','Grain.','[]',NULL,'[]','en','1987-03-10 23:00:00.000000','1987-03-10 23:00:00.000000','1987-03-10 23:00:00.000000','2026-03-14 12:00:00.000000','2026-03-14 12:00:00.000000','',NULL,NULL,'[]',1);
INSERT INTO "articles" VALUES('draft','tag:news.example.org,2026-03-14:draft',1,'draft','Not yet.','not-yet',NULL,NULL,'<p>Not yet. Or ever?</p>','text','Not yet. Or ever?','[]',NULL,'[]','en',NULL,'2026-03-14 12:00:00.000000','2026-03-14 12:00:00.000000','2026-03-14 12:00:00.000000','2026-03-14 12:00:00.000000','',NULL,NULL,'[]',0);
INSERT INTO "articles" VALUES('late','tag:news.example.org,2026-03-14:late',1,'scheduled','Late','late','2030-01-01',NULL,'<p>In time.</p>','text','In time.','[]',NULL,'[]','en','2030-01-01 00:00:00.000000','2030-01-01 00:00:00.000000','2026-03-14 12:00:00.000000','2026-03-14 12:00:00.000000','2026-03-14 12:00:00.000000','',NULL,NULL,'[]',0);
CREATE TABLE changes (
	seq BIGINT NOT NULL, 
	kind TEXT NOT NULL, 
	subject TEXT NOT NULL, 
	revision INTEGER NOT NULL, 
	labels JSON NOT NULL, 
	days JSON NOT NULL, 
	CONSTRAINT pk_changes PRIMARY KEY (seq)
);
INSERT INTO "changes" VALUES(1,'article','full',1,'[["author","jane-doe"],["author","josé"],["section","grain"],["tag","usa"],["tag","wheat"]]','["2026-03-14"]');
INSERT INTO "changes" VALUES(2,'article','full',2,'[["author","jane-doe"],["author","josé"],["section","grain"],["tag","corn"],["tag","usa"],["tag","wheat"]]','["2026-03-14"]');
INSERT INTO "changes" VALUES(3,'article','old',1,'[]','["1987-03-11"]');
INSERT INTO "changes" VALUES(4,'article','old',2,'[]','["1987-03-11"]');
INSERT INTO "changes" VALUES(5,'article','draft',1,'[]','[]');
INSERT INTO "changes" VALUES(6,'article','late',1,'[]','[]');
INSERT INTO "changes" VALUES(7,'rendition','/feed.rss',0,'[]','[]');
CREATE TABLE cursors (
	consumer TEXT NOT NULL, 
	position BIGINT NOT NULL, 
	holder TEXT NOT NULL, 
	fence BIGINT NOT NULL, 
	until DATETIME, 
	CONSTRAINT pk_cursors PRIMARY KEY (consumer)
);
INSERT INTO "cursors" VALUES('index',0,'one',1,'2026-03-14 12:01:00.000000');
CREATE TABLE facts (
	name TEXT NOT NULL, 
	value TEXT NOT NULL, 
	CONSTRAINT pk_facts PRIMARY KEY (name)
);
INSERT INTO "facts" VALUES('identity','urn:example:archive');
CREATE TABLE head (
	id INTEGER NOT NULL, 
	seq BIGINT NOT NULL, 
	CONSTRAINT pk_head PRIMARY KEY (id)
);
INSERT INTO "head" VALUES(1,7);
CREATE TABLE intents (
	id TEXT NOT NULL, 
	ticket TEXT NOT NULL, 
	mode TEXT NOT NULL, 
	path TEXT NOT NULL, 
	topic TEXT NOT NULL, 
	callback TEXT NOT NULL, 
	host TEXT NOT NULL, 
	secret TEXT, 
	lease BIGINT NOT NULL, 
	reason TEXT NOT NULL, 
	position BIGINT NOT NULL, 
	attempts INTEGER NOT NULL, 
	due DATETIME NOT NULL, 
	claimed_by TEXT, 
	CONSTRAINT pk_intents PRIMARY KEY (id)
);
CREATE TABLE labels (
	kind TEXT NOT NULL, 
	"key" TEXT NOT NULL, 
	published DATETIME NOT NULL, 
	article_id TEXT NOT NULL, 
	name TEXT NOT NULL, 
	CONSTRAINT pk_labels PRIMARY KEY (kind, "key", published, article_id), 
	CONSTRAINT fk_labels_article_id FOREIGN KEY(article_id) REFERENCES articles (id)
)
 WITHOUT ROWID

;
INSERT INTO "labels" VALUES('author','jane-doe','2026-03-14 12:00:00.000000','full','Jane Doe');
INSERT INTO "labels" VALUES('author','josé','2026-03-14 12:00:00.000000','full','José');
INSERT INTO "labels" VALUES('section','grain','2026-03-14 12:00:00.000000','full','Grain');
INSERT INTO "labels" VALUES('tag','corn','2026-03-14 12:00:00.000000','full','corn');
CREATE TABLE origins (
	"key" TEXT NOT NULL, 
	digest TEXT NOT NULL, 
	article_id TEXT NOT NULL, 
	revision INTEGER NOT NULL, 
	CONSTRAINT pk_origins PRIMARY KEY ("key"), 
	CONSTRAINT fk_origins_article_id FOREIGN KEY(article_id) REFERENCES articles (id)
);
INSERT INTO "origins" VALUES('file:wheat.md','2','full',1);
CREATE TABLE rendition_codings (
	path TEXT NOT NULL, 
	coding TEXT NOT NULL, 
	etag TEXT NOT NULL, 
	body BLOB NOT NULL, 
	CONSTRAINT pk_rendition_codings PRIMARY KEY (path, coding), 
	CONSTRAINT fk_rendition_codings_path FOREIGN KEY(path) REFERENCES renditions (path) ON DELETE CASCADE
);
INSERT INTO "rendition_codings" VALUES('/feed.rss','identity','"identity-b8a3805e669decf7180d8c7f4af5d4706d615d0678c424bd1c6b853def3bf3d2"',X'3C7273732F3E');
INSERT INTO "rendition_codings" VALUES('/feed.rss','gzip','"gzip-ee98dc6af27a9f1c8cc4aaa2fd05b5f6e7c98f51390253a5263b0d096c3510fe"',X'1F8B');
CREATE TABLE renditions (
	path TEXT NOT NULL, 
	media_type TEXT NOT NULL, 
	modified DATETIME NOT NULL, 
	position BIGINT NOT NULL, lineage BLOB, 
	CONSTRAINT pk_renditions PRIMARY KEY (path)
);
INSERT INTO "renditions" VALUES('/feed.rss','application/rss+xml','2026-03-14 12:00:00.000000',0,X'7B2268656C64223A5B5B226F6C64222C2231222C22313938372D30332D3131222C302C362C372C6E756C6C5D5D2C226C656674223A5B5D2C22676F6E65223A5B5D2C2266756C6C223A66616C73652C2276657273696F6E73223A5B5B372C225C226964656E746974792D623861333830356536363964656366373138306438633766346166356434373036643631356430363738633432346264316336623835336465663362663364325C22222C225C22677A69702D656539386463366166323761396631633863633461616132666430356235663665376339386635313339303235336135323633623064303936633335313066655C22225D5D7D');
CREATE TABLE requests (
	"key" TEXT NOT NULL, 
	sent_by TEXT NOT NULL, 
	digest TEXT NOT NULL, 
	article_id TEXT NOT NULL, 
	received DATETIME NOT NULL, 
	CONSTRAINT pk_requests PRIMARY KEY ("key", sent_by), 
	CONSTRAINT fk_requests_article_id FOREIGN KEY(article_id) REFERENCES articles (id)
);
INSERT INTO "requests" VALUES('key','ann','1','full','2026-03-14 12:00:00.000000');
CREATE TABLE revisions (
	article_id TEXT NOT NULL, 
	revision INTEGER NOT NULL, 
	saved_by TEXT NOT NULL, 
	document JSON NOT NULL, 
	CONSTRAINT pk_revisions PRIMARY KEY (article_id, revision), 
	CONSTRAINT fk_revisions_article_id FOREIGN KEY(article_id) REFERENCES articles (id)
);
INSERT INTO "revisions" VALUES('full',1,'ann','{"id":"full","guid":"urn:example:wheat","revision":1,"status":"published","title":"Wheat exports rise","slug":"wheat-exports-rise","path":"/2026/03/14/wheat-exports-rise","summary":"More wheat.","content_html":"<h1>Wheat</h1>\n<p>More of it.</p>","authors":[{"name":"Jane Doe","uri":"https://example.org/jane","email":"jane@example.org"},{"name":"José","uri":null,"email":null}],"section":"Grain","tags":["USA","wheat"],"language":"en-GB","published":"2026-03-14T12:00:00Z","updated":"2026-03-14T12:00:00Z","created":"2026-03-14T12:00:00Z","modified":"2026-03-14T12:00:00Z","day":"2026-03-14","canonical_url":"https://example.org/wheat","image":"https://example.org/wheat.png","enclosures":[{"url":"https://example.org/a.mp3","type":"audio/mpeg","length":1099511627776,"title":"Listen"}],"content_markdown":"# Wheat\n\nMore of it."}');
INSERT INTO "revisions" VALUES('old',1,'','{"id":"old","guid":"tag:news.example.org,2026-03-14:old","revision":1,"status":"published","title":"Old","slug":"old","path":"/1987/03/11/old","summary":null,"content_html":"<p>Grain.</p>","authors":[],"section":null,"tags":[],"language":"en","published":"1987-03-10T23:00:00Z","updated":"1987-03-10T23:00:00Z","created":"2026-03-14T12:00:00Z","modified":"2026-03-14T12:00:00Z","day":"1987-03-11","canonical_url":null,"image":null,"enclosures":[],"content_text":"Grain."}');
CREATE TABLE subscriptions (
	id TEXT NOT NULL, 
	path TEXT NOT NULL, 
	topic TEXT NOT NULL, 
	callback TEXT NOT NULL, 
	host TEXT NOT NULL, 
	secret TEXT, 
	until DATETIME NOT NULL, 
	wanted BIGINT NOT NULL, 
	delivered BIGINT NOT NULL, 
	etag TEXT, 
	failures INTEGER NOT NULL, 
	behind_since DATETIME, 
	due DATETIME, 
	claimed_by TEXT, 
	CONSTRAINT pk_subscriptions PRIMARY KEY (id)
);
CREATE TABLE tokens (
	name TEXT NOT NULL, 
	digest TEXT NOT NULL, 
	scope TEXT NOT NULL, 
	created DATETIME NOT NULL, 
	revoked DATETIME, 
	CONSTRAINT pk_tokens PRIMARY KEY (name)
);
INSERT INTO "tokens" VALUES('desk','digest','write','2026-03-14 12:00:00.000000',NULL);
CREATE TABLE tombstones (
	article_id TEXT NOT NULL, 
	guid TEXT NOT NULL, 
	gone DATETIME NOT NULL, 
	day DATE NOT NULL, 
	labels JSON NOT NULL, 
	CONSTRAINT pk_tombstones PRIMARY KEY (article_id), 
	CONSTRAINT fk_tombstones_article_id FOREIGN KEY(article_id) REFERENCES articles (id)
);
INSERT INTO "tombstones" VALUES('old','tag:news.example.org,2026-03-14:old','2026-03-14 12:00:00.000000','1987-03-11','[]');
CREATE TABLE volumes (
	year INTEGER NOT NULL, 
	month INTEGER NOT NULL, 
	number INTEGER NOT NULL, 
	listed DATETIME, 
	article_id TEXT, 
	CONSTRAINT pk_volumes PRIMARY KEY (year, month, number)
);
CREATE INDEX ix_articles_day ON articles (status, day);
CREATE INDEX ix_articles_listed ON articles (listed, id, status);
CREATE INDEX ix_articles_modified ON articles (modified, id);
CREATE INDEX ix_articles_newest ON articles (status, listed, id, day);
CREATE INDEX ix_changes_kind ON changes (kind, seq);
CREATE INDEX ix_tokens_digest ON tokens (digest);
CREATE INDEX ix_addresses_article_id ON addresses (article_id);
CREATE INDEX ix_labels_article_id ON labels (article_id);
CREATE INDEX ix_origins_article_id ON origins (article_id);
CREATE INDEX ix_requests_received ON requests (received);
CREATE INDEX ix_subscriptions_until ON subscriptions (until);
CREATE INDEX ix_subscriptions_path ON subscriptions (path, until);
CREATE INDEX ix_subscriptions_due ON subscriptions (due, id, host, until);
CREATE INDEX ix_intents_due ON intents (due, id);
CREATE INDEX ix_tombstones_gone ON tombstones (gone, article_id);
COMMIT;
