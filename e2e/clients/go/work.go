package main

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	listers "k8s.io/client-go/listers/core/v1"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/util/workqueue"
)

const (
	sourceLabel = "role=source"
	workers     = 4
)

type copier struct {
	client  kubernetes.Interface
	sources listers.ConfigMapLister
	queue   workqueue.TypedRateLimitingInterface[string]
}

// work keeps a copy of every labelled ConfigMap of the namespace until the context ends.
func work(ctx context.Context, client kubernetes.Interface, namespace string) error {
	factory := informers.NewSharedInformerFactoryWithOptions(client, 0,
		informers.WithNamespace(namespace),
		informers.WithTweakListOptions(func(options *metav1.ListOptions) { options.LabelSelector = sourceLabel }))
	configMaps := factory.Core().V1().ConfigMaps()
	c := &copier{
		client:  client,
		sources: configMaps.Lister(),
		queue:   workqueue.NewTypedRateLimitingQueue(workqueue.DefaultTypedControllerRateLimiter[string]()),
	}
	enqueue := func(object any) {
		if key, err := cache.DeletionHandlingMetaNamespaceKeyFunc(object); err == nil {
			c.queue.Add(key)
		}
	}
	if _, err := configMaps.Informer().AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    enqueue,
		UpdateFunc: func(_, object any) { enqueue(object) },
		DeleteFunc: enqueue,
	}); err != nil {
		return fmt.Errorf("cannot watch ConfigMaps: %w", err)
	}
	factory.Start(ctx.Done())
	for kind, synced := range factory.WaitForCacheSync(ctx.Done()) {
		if !synced {
			return fmt.Errorf("the cache of %v was never filled", kind)
		}
	}
	tell("synced", namespace)
	for range workers {
		go c.runWorker(ctx)
	}
	<-ctx.Done()
	c.queue.ShutDownWithDrain()
	return nil
}

func (c *copier) runWorker(ctx context.Context) {
	for {
		key, shutdown := c.queue.Get()
		if shutdown {
			return
		}
		if err := c.reconcile(ctx, key); err != nil {
			tell("retry", err.Error())
			c.queue.AddRateLimited(key)
		} else {
			c.queue.Forget(key)
		}
		c.queue.Done(key)
	}
}

func (c *copier) reconcile(ctx context.Context, key string) error {
	namespace, name, err := cache.SplitMetaNamespaceKey(key)
	if err != nil {
		return err
	}
	copies := c.client.CoreV1().ConfigMaps(namespace)
	source, err := c.sources.ConfigMaps(namespace).Get(name)
	if apierrors.IsNotFound(err) {
		tell("gone", name)
		return nil // The garbage collector deletes the copy.
	}
	if err != nil {
		return err
	}
	wanted := copyOf(source)
	current, err := copies.Get(ctx, wanted.Name, metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err):
		_, err = copies.Create(ctx, wanted, metav1.CreateOptions{})
	case err == nil && !equality.Semantic.DeepEqual(current.Data, wanted.Data):
		current.Data = wanted.Data
		_, err = copies.Update(ctx, current, metav1.UpdateOptions{})
	}
	if err != nil {
		return err
	}
	tell("copied", name+"="+source.Data["value"])
	return nil
}

func copyOf(source *corev1.ConfigMap) *corev1.ConfigMap {
	owner := metav1.NewControllerRef(source, corev1.SchemeGroupVersion.WithKind("ConfigMap"))
	return &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{
			Name:            source.Name + "-copy",
			Namespace:       source.Namespace,
			OwnerReferences: []metav1.OwnerReference{*owner},
			Annotations:     map[string]string{"copied-at": time.Now().Format(time.RFC3339)},
		},
		Data: source.Data,
	}
}
