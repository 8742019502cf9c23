package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// copyInTransactions copies count records exactly once; every third transaction is aborted and done
// again.
func copyInTransactions(bootstrap, topic, to, group string, count int) {
	session, err := kgo.NewGroupTransactSession(
		kgo.SeedBrokers(strings.Split(bootstrap, ",")...),
		kgo.TransactionalID("copier-"+group),
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
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for round := 0; count > 0; round++ {
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
