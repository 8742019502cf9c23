package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// copyInTransactions copies count records exactly once, or with 0 whatever comes; every third
// transaction is aborted and done again. What is dead is so after timeout.
func copyInTransactions(bootstrap, topic, to, group, id string, count int, timeout time.Duration) {
	session, err := kgo.NewGroupTransactSession(
		kgo.SeedBrokers(strings.Split(bootstrap, ",")...),
		kgo.TransactionalID(id),
		kgo.TransactionTimeout(timeout),
		kgo.SessionTimeout(timeout),
		kgo.HeartbeatInterval(timeout/6),
		kgo.ConsumerGroup(group),
		kgo.ConsumeTopics(topic),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.RequireStableFetchOffsets(),
		kgo.FetchMaxWait(50*time.Millisecond),
		kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		fail(err)
	}
	defer session.Close()
	ctx := context.Background()
	if count > 0 {
		limited, cancel := context.WithTimeout(ctx, time.Minute)
		defer cancel()
		ctx = limited
	}
	endless := count == 0
	for round := 0; endless || count > 0; round++ {
		fetches := session.PollRecords(ctx, 50)
		if err := fetches.Err(); err != nil {
			fail(fmt.Errorf("%d records were not copied: %w", count, err))
		}
		if err := session.Begin(); err != nil {
			fail(err)
		}
		errors := kgo.AbortingFirstErrPromise(session.Client())
		fetches.EachRecord(func(got *kgo.Record) {
			session.Produce(ctx, &kgo.Record{
				Topic: to, Partition: got.Partition, Key: got.Key, Value: got.Value,
				Timestamp: got.Timestamp, Headers: got.Headers,
			}, errors.Promise())
		})
		if err := errors.Err(); err != nil {
			fail(err)
		}
		committed, err := session.End(ctx, kgo.TransactionEndTry(round%3 != 1))
		if err != nil {
			fail(err)
		}
		if committed {
			count -= fetches.NumRecords()
		}
	}
}
