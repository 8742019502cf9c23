// franz-peer is the franz-go side of the interop tests.
//
//	franz-peer produce --bootstrap B --topic T --codec C   records on stdin
//	franz-peer consume --bootstrap B --topic T --partitions N
//	franz-peer admin --bootstrap B --topic T
//	franz-peer member --bootstrap B --topic T --group G --assignor A
//	franz-peer copy --bootstrap B --topic T --to U --group G --count N
//
// A line of stdin or stdout is a JSON object; see peers/README.md.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kversion"
)

type header struct {
	key   string
	value []byte // nil is null
}

// A header is the JSON array [key, base64 or null].
func (h *header) UnmarshalJSON(data []byte) error {
	return json.Unmarshal(data, &[]any{&h.key, &h.value})
}

func (h header) MarshalJSON() ([]byte, error) {
	return json.Marshal([]any{h.key, h.value})
}

type record struct {
	Partition int32    `json:"partition"`
	Offset    int64    `json:"offset"`
	Timestamp int64    `json:"timestamp"`
	Key       []byte   `json:"key"`
	Value     []byte   `json:"value"`
	Headers   []header `json:"headers"`
}

type acknowledgement struct {
	Index     int    `json:"index"`
	Partition int32  `json:"partition"`
	Offset    int64  `json:"offset"`
	Error     string `json:"error,omitempty"`
}

// lines writes one JSON object a line, from any goroutine.
type lines struct {
	mutex sync.Mutex
	out   *json.Encoder
}

func newLines() *lines {
	return &lines{out: json.NewEncoder(os.Stdout)}
}

func (l *lines) write(value any) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if err := l.out.Encode(value); err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "franz-peer:", err)
	os.Exit(1)
}

func newClient(bootstrap string, options ...kgo.Opt) *kgo.Client {
	client, err := kgo.NewClient(append([]kgo.Opt{
		kgo.SeedBrokers(strings.Split(bootstrap, ",")...),
		kgo.MaxVersions(kversion.Stable()),
		kgo.RetryBackoffFn(func(int) time.Duration { return 100 * time.Millisecond }),
	}, append(append(security(), login()...), options...)...)...)
	if err != nil {
		fail(err)
	}
	return client
}

func codec(name string) kgo.CompressionCodec {
	switch name {
	case "none":
		return kgo.NoCompression()
	case "gzip":
		return kgo.GzipCompression()
	case "snappy":
		return kgo.SnappyCompression()
	case "lz4":
		return kgo.Lz4Compression()
	case "zstd":
		return kgo.ZstdCompression()
	}
	fail(fmt.Errorf("unknown codec %q", name))
	panic("unreachable")
}

func produce(bootstrap, topic, codecName string) {
	client := newClient(bootstrap,
		kgo.RecordPartitioner(kgo.ManualPartitioner()),
		kgo.ProducerBatchCompression(codec(codecName)))
	defer client.Close()
	out := newLines()
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 1<<24)
	for index := 0; in.Scan(); index++ {
		var read record
		if err := json.Unmarshal(in.Bytes(), &read); err != nil {
			fail(err)
		}
		client.Produce(context.Background(), toClient(topic, &read),
			func(sent *kgo.Record, err error) {
				ack := acknowledgement{Index: index, Partition: sent.Partition, Offset: sent.Offset}
				if err != nil {
					ack.Error = err.Error()
				}
				out.write(ack)
			})
	}
	if err := in.Err(); err != nil {
		fail(err)
	}
	if err := client.Flush(context.Background()); err != nil {
		fail(err)
	}
}

func toClient(topic string, read *record) *kgo.Record {
	sent := &kgo.Record{
		Topic: topic, Partition: read.Partition, Key: read.Key, Value: read.Value,
		Timestamp: time.UnixMilli(read.Timestamp),
	}
	for _, each := range read.Headers {
		sent.Headers = append(sent.Headers, kgo.RecordHeader{Key: each.key, Value: each.value})
	}
	return sent
}

func consume(bootstrap, topic string, partitions int32) {
	assigned := map[int32]kgo.Offset{}
	for i := range partitions {
		assigned[i] = kgo.NewOffset().AtStart()
	}
	client := newClient(bootstrap,
		kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: assigned}),
		kgo.FetchMaxWait(100*time.Millisecond))
	defer client.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	left, err := endOffsets(ctx, client, topic, partitions)
	if err != nil {
		fail(err)
	}
	out := newLines()
	for len(left) > 0 {
		fetches := client.PollFetches(ctx)
		if err := fetches.Err(); err != nil {
			fail(fmt.Errorf("before the ends %v: %w", left, err))
		}
		fetches.EachRecord(func(got *kgo.Record) {
			out.write(fromClient(got))
			if got.Offset+1 >= left[got.Partition] {
				delete(left, got.Partition)
			}
		})
	}
}

func fromClient(got *kgo.Record) record {
	read := record{
		Partition: got.Partition, Offset: got.Offset, Timestamp: got.Timestamp.UnixMilli(),
		Key: got.Key, Value: got.Value, Headers: []header{},
	}
	for _, each := range got.Headers {
		read.Headers = append(read.Headers, header{each.Key, each.Value})
	}
	return read
}

func main() {
	if len(os.Args) < 2 {
		fail(fmt.Errorf("produce, consume, admin, member or copy"))
	}
	flags := flag.NewFlagSet(os.Args[1], flag.ExitOnError)
	bootstrap := flags.String("bootstrap", "", "host:port")
	topic := flags.String("topic", "", "topic")
	codecName := flags.String("codec", "none", "none, gzip, snappy, lz4 or zstd")
	partitions := flags.Int("partitions", 1, "number of partitions to read")
	group := flags.String("group", "", "the group to join")
	assignor := flags.String("assignor", "range", "range, roundrobin or cooperative-sticky")
	instance := flags.String("instance", "", "the instance id of a static member")
	to := flags.String("to", "", "the topic to copy to")
	count := flags.Int("count", 0, "number of records to copy")
	id := flags.String("id", "", "the transactional id to copy with")
	timeoutMs := flags.Int("timeout-ms", 45_000, "of sessions and transactions")
	flags.Parse(os.Args[2:])
	switch os.Args[1] {
	case "produce":
		produce(*bootstrap, *topic, *codecName)
	case "consume":
		consume(*bootstrap, *topic, int32(*partitions))
	case "admin":
		admin(*bootstrap, *topic)
	case "member":
		member(*bootstrap, *topic, *group, *assignor, *instance)
	case "copy":
		if *id == "" {
			*id = "copier-" + *group
		}
		timeout := time.Duration(*timeoutMs) * time.Millisecond
		copyInTransactions(*bootstrap, *topic, *to, *group, *id, *count, timeout)
	default:
		fail(fmt.Errorf("unknown command %q", os.Args[1]))
	}
}
